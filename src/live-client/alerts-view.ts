// What a client knows of the alerts it asked for, each up to which transition. Pure: messages go in, in whatever order and
// however often; it says when something was missed.
import type { AlertsSnapshot, LiveAlert } from '../wire/live/messages.ts';

/** What a message did to the view. */
export type AlertsOutcome =
  /** The transitions in their order; after a snapshot, the alerts that stand otherwise than was known. */
  | { readonly kind: 'changed'; readonly alerts: readonly LiveAlert[] }
  /** Nothing in it was new. */
  | { readonly kind: 'known' }
  /** It will be looked at when the snapshot has come. */
  | { readonly kind: 'waiting' }
  /** A transition was missed: the alerts must be requested again. Until then the view stays as it is. */
  | { readonly kind: 'gap' };

/** Transitions kept while a snapshot is on its way; with more it is asked for again. */
const MAX_WAITING = 2_000;
/** Alerts known: beyond it those are forgotten that have not changed for longest, the well and the resolved first. */
const MAX_KNOWN = 10_000;

export class AlertsView {
  /** By rule and series, the latest change last: those that are well again too, for their sequence. */
  readonly #known = new Map<string, LiveAlert>();
  #isWhole = false;
  #isWaiting = true;
  #waiting: LiveAlert[] = [];
  #hasOverflowed = false;
  #parts: LiveAlert[] = [];

  /** What is pending or firing, or has resolved lately; by rule, then series. */
  get alerts(): readonly LiveAlert[] {
    return [...this.#known.values()]
      .filter(({ status }) => status !== 'ok')
      .sort((a, b) => (a.rule < b.rule || (a.rule === b.rule && a.series < b.series) ? -1 : 1));
  }

  /** false: a snapshot is on its way, and the alerts may be old. */
  get isLive(): boolean {
    return !this.#isWaiting;
  }

  /** false: more alerts are active than a snapshot holds. Changes are reported all the same. */
  get isWhole(): boolean {
    return this.#isWhole;
  }

  /** From now on transitions wait for the snapshot that has been asked for. */
  await(): void {
    this.#isWaiting = true;
    this.#waiting = [];
    this.#hasOverflowed = false;
    this.#parts = [];
  }

  takeSnapshot({ alerts, whole, last }: Pick<AlertsSnapshot, 'alerts' | 'whole' | 'last'>): AlertsOutcome {
    if (!this.#isWaiting) return { kind: 'known' };
    this.#parts.push(...alerts);
    if (!last) return { kind: 'waiting' };
    const before = new Map(this.#known);
    const waiting = this.#waiting;
    const taken = this.#parts;
    this.#waiting = [];
    this.#parts = [];
    if (this.#hasOverflowed) return { kind: 'gap' };
    this.#isWaiting = false;
    this.#isWhole = whole;
    this.#known.clear();
    for (const alert of taken) this.#set(alert);
    const changed = taken.filter((alert) => before.get(keyOf(alert))?.sequence !== alert.sequence);
    for (const alert of waiting) {
      const outcome = this.#apply(alert, { isFresh: true });
      if (outcome.kind === 'gap') return outcome;
      if (outcome.kind === 'changed') changed.push(...outcome.alerts);
    }
    return { kind: 'changed', alerts: changed };
  }

  takeTransition(alert: LiveAlert): AlertsOutcome {
    if (!this.#isWaiting) return this.#apply(alert, { isFresh: false });
    if (this.#waiting.length < MAX_WAITING) this.#waiting.push(alert);
    else this.#hasOverflowed = true;
    return { kind: 'waiting' };
  }

  /** `isFresh`: a snapshot has just arrived, so that asking for another one would bring nothing that it lacks. */
  #apply(alert: LiveAlert, { isFresh }: { readonly isFresh: boolean }): AlertsOutcome {
    const known = this.#known.get(keyOf(alert));
    if (known !== undefined && alert.sequence <= known.sequence) return { kind: 'known' };
    // Nothing is known about an alert that was in order until now, and how many transitions it has made does not matter.
    const isNext =
      known === undefined
        ? isFresh ||
          !this.#isWhole ||
          alert.correction === true ||
          alert.from === 'ok' ||
          alert.from === 'resolved'
        : alert.sequence === known.sequence + 1;
    if (!isNext) return { kind: 'gap' };
    this.#set(alert);
    return { kind: 'changed', alerts: [alert] };
  }

  #set(alert: LiveAlert): void {
    const key = keyOf(alert);
    this.#known.delete(key);
    this.#known.set(key, alert);
    if (this.#known.size > MAX_KNOWN) this.#forget();
  }

  /** A tenth at a time: each look at all of them is for many. */
  #forget(): void {
    const all = [...this.#known];
    const calm = all.filter(([, { status }]) => status === 'ok' || status === 'resolved');
    const active = all.filter(([, { status }]) => status !== 'ok' && status !== 'resolved');
    const gone = [...calm, ...active].slice(0, MAX_KNOWN / 10);
    if (gone.length > calm.length) this.#isWhole = false;
    for (const [key] of gone) this.#known.delete(key);
  }
}

function keyOf({ rule, series }: LiveAlert): string {
  return `${rule}|${series}`;
}
