// What alerts do: transitions in order and each once, on closed windows those that the reference makes, silence only where
// there was one; and on the bus each of them, always the same.
import { decodeAlertState } from '../core/alerts/alert-encoding.ts';
import type { AlertRule } from '../core/alerts/alert-rule.ts';
import type { AlertState, Transition } from '../core/alerts/alert-state.ts';
import type { Pipeline } from '../core/pipeline.ts';
import { parseSourceSeries, sourceSeries } from '../core/series.ts';
import { ALERTS_TABLE } from '../platform/names.ts';
import type { TableChange } from '../stores/memory-table.ts';
import { bytesOf, type Item, numberOf, textOf } from '../stores/table.ts';
import type { AlertEvent } from '../wire/alert-event.ts';
import type { SourcesCheck } from './check-sources.ts';
import { ReferenceAlert } from './reference-alert.ts';
import type { ReferenceWindow } from './reference-source.ts';
import { hold, holdSame } from './violation.ts';

const LAW_OF_TRANSITIONS =
  'an alert’s transitions are numbered without gaps, and each begins where the one before ended';
const LAW_OF_ALERTS = 'an alert on closed windows makes the transitions that the reference makes of them';
const LAW_OF_SILENCE = 'silence fires once it has lasted, never before, and ends with what arrives';
const LAW_OF_PUBLISHING = 'every transition is published, always with the same content';

export class AlertsCheck {
  readonly #rules: ReadonlyMap<string, AlertRule>;
  readonly #sources: SourcesCheck;
  readonly #nowMs: () => number;
  /** By rule and series. */
  readonly #made = new Map<string, Transition[]>();
  readonly #references = new Map<string, ReferenceAlert>();
  /** By source, its latest arrivals and when they were committed. */
  readonly #arrivals = new Map<string, { readonly lastArrivalMs: number; readonly committedMs: number }[]>();
  /** By id, as made. */
  readonly #contents = new Map<string, string>();
  readonly #published = new Set<string>();

  constructor({ alerts }: Pipeline, sources: SourcesCheck, nowMs: () => number) {
    this.#rules = new Map(alerts.map((rule) => [rule.name, rule]));
    this.#sources = sources;
    this.#nowMs = nowMs;
  }

  /** A state of the source has been committed. */
  noteArrival(source: string, lastArrivalMs: number): void {
    if (this.#rules.size === 0) return;
    const arrivals = this.#arrivals.get(source) ?? [];
    this.#arrivals.set(source, arrivals);
    if (arrivals.at(-1)?.lastArrivalMs !== lastArrivalMs)
      arrivals.push({ lastArrivalMs, committedMs: this.#nowMs() });
  }

  /** Windows of a source have closed, at once. */
  noteClosed(source: string, closed: readonly ReferenceWindow[]): void {
    for (const rule of this.#rules.values()) {
      if (!isOnClosedWindows(rule) || !watches(rule, source)) continue;
      const { on } = rule;
      const own = closed.filter(
        ({ aggregation }) => on.kind === 'aggregation' && aggregation.name === on.name,
      );
      for (const window of own.sort((a, b) => a.start - b.start))
        this.#reference(rule, source).observe(window);
    }
  }

  changed({ oldImage, newImage }: TableChange): void {
    if (newImage === undefined) return;
    const name = textOf(newImage, ALERTS_TABLE.rule) ?? '';
    const series = textOf(newImage, ALERTS_TABLE.series) ?? '';
    const where = `${name} on ${series}`;
    const [before, after] = [oldImage, newImage].map((image) => stateOf(where, image));
    const rule = this.#rules.get(name);
    hold(
      LAW_OF_TRANSITIONS,
      rule !== undefined && after !== undefined,
      () => `${where}: no alert is called so`,
    );
    const versions = [oldImage ?? {}, newImage].map((image) => numberOf(image, ALERTS_TABLE.version) ?? 0);
    holdSame(LAW_OF_TRANSITIONS, `${where}: version`, versions[1], (versions[0] ?? 0) + 1);
    const known = this.#madeBy(name, series);
    const fresh = after.transitions.filter(({ sequence }) => sequence > (before?.sequence ?? 0));
    for (const transition of fresh) {
      const { sequence, from } = transition;
      holdSame(LAW_OF_TRANSITIONS, `${where}: number`, sequence, known.length + 1);
      holdSame(LAW_OF_TRANSITIONS, `${where}, ${sequence}: from`, from, known.at(-1)?.to ?? 'ok');
      known.push(transition);
      this.#contents.set(`${name}/${series}/${sequence}`, contentOf(transition));
      this.#checkOne(rule, series, transition);
    }
    holdSame(LAW_OF_TRANSITIONS, `${where}: latest number`, after.sequence, known.length);
    holdSame(LAW_OF_TRANSITIONS, `${where}: state`, after.status, known.at(-1)?.to ?? 'ok');
  }

  published(event: AlertEvent): void {
    const { id } = event;
    holdSame(LAW_OF_PUBLISHING, id, contentOf(event), this.#contents.get(id));
    this.#published.add(id);
  }

  /** Nothing is under way, and all silences have been long enough to be told. */
  atEnd(): void {
    for (const [id, content] of this.#contents) {
      hold(LAW_OF_PUBLISHING, this.#published.has(id), () => `${id}: found it nowhere, expected ${content}`);
    }
    for (const [key, { transitions }] of this.#references) {
      const { rule, source, series } = parseKey(key);
      if (this.#sources.uncertain.has(source)) continue;
      const made = this.#madeBy(rule, series).length;
      holdSame(LAW_OF_ALERTS, `${rule} on ${series}: transitions`, made, transitions.length);
    }
    for (const rule of this.#rules.values()) {
      if (rule.when.kind === 'absent')
        for (const source of this.#sources.sources.keys()) this.#checkSilent(rule, source);
    }
  }

  #checkOne(rule: AlertRule, series: string, transition: Transition): void {
    const source = parseSourceSeries(series)?.source;
    if (source === undefined || this.#sources.uncertain.has(source)) return;
    if (rule.when.kind === 'absent') this.#checkSilence(rule.when.afterMs, source, transition);
    else if (isOnClosedWindows(rule)) {
      const { sequence, from, to, window } = transition;
      const where = `${rule.name} on ${series}, ${sequence}`;
      const expected = this.#reference(rule, source).transitions[sequence - 1];
      holdSame(LAW_OF_ALERTS, where, { from, to, window }, expected);
    }
  }

  /** The arrival that a silence began with was the latest for so long, by what is committed. */
  #checkSilence(afterMs: number, source: string, { to, window: { start, end } }: Transition): void {
    const arrivals = this.#arrivals.get(source) ?? [];
    const began = arrivals.findIndex(({ lastArrivalMs }) => lastArrivalMs === start);
    hold(LAW_OF_SILENCE, began >= 0, () => `${source}: nothing arrived at ${start}, where its silence began`);
    if (to === 'resolved') {
      const isArrival = end > start && arrivals.some(({ lastArrivalMs }) => lastArrivalMs === end);
      hold(LAW_OF_SILENCE, isArrival, () => `${source}: nothing arrived at ${end}, which ended its silence`);
      return;
    }
    const next = arrivals[began + 1]?.committedMs ?? Number.POSITIVE_INFINITY;
    const isLong = to === 'firing' && this.#nowMs() >= start + afterMs && next >= start + afterMs;
    hold(LAW_OF_SILENCE, isLong, () => {
      return `${source}: found it ${to} at ${this.#nowMs()}, silent from ${start}, expected more than ${afterMs} ms until the next arrival at ${next}`;
    });
  }

  #checkSilent(rule: AlertRule, source: string): void {
    if (!watches(rule, source) || this.#sources.uncertain.has(source)) return;
    const last = this.#madeBy(rule.name, sourceSeries('', source)).at(-1);
    const silentSinceMs = this.#arrivals.get(source)?.at(-1)?.lastArrivalMs;
    const where = `${rule.name} of ${source}, at the end`;
    holdSame(LAW_OF_SILENCE, where, [last?.to, last?.window.start], ['firing', silentSinceMs]);
  }

  #madeBy(rule: string, series: string): Transition[] {
    const key = JSON.stringify([rule, series]);
    const made = this.#made.get(key) ?? [];
    this.#made.set(key, made);
    return made;
  }

  #reference(rule: AlertRule, source: string): ReferenceAlert {
    const series = sourceSeries(rule.on.kind === 'source' ? '' : rule.on.name, source);
    const key = JSON.stringify({ rule: rule.name, source, series });
    const reference = this.#references.get(key) ?? new ReferenceAlert(rule);
    this.#references.set(key, reference);
    return reference;
  }
}

function isOnClosedWindows({ on }: AlertRule): boolean {
  return on.kind === 'aggregation' && !on.provisional;
}

function watches({ filter: { sources } }: AlertRule, source: string): boolean {
  return sources === undefined || sources.some((beginning) => source.startsWith(beginning));
}

function stateOf(where: string, image: Item | undefined): AlertState | undefined {
  const encoded = image === undefined ? undefined : bytesOf(image, ALERTS_TABLE.state);
  return encoded === undefined ? undefined : decodeAlertState(where, encoded);
}

function contentOf({ sequence, from, to, severity, reason, window }: Transition): string {
  return JSON.stringify([sequence, from, to, severity, reason, window]);
}

function parseKey(key: string): { readonly rule: string; readonly source: string; readonly series: string } {
  return JSON.parse(key);
}
