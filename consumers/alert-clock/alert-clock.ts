// The scheduled part of alerts on silence: looks at sources whose time has come, and either they have shown themselves
// since, then they are looked at again later, or the alert fires. One write a source a duration, whatever it sends.
import { foldSilence } from '../../src/core/alerts/fold-silence.ts';
import type { Pipeline } from '../../src/core/pipeline.ts';
import { parseSourceSeries } from '../../src/core/series.ts';
import { decodeStateImage } from '../../src/core/state-encoding.ts';
import type { Log, Meter } from '../../src/platform/observe.ts';
import type { Alerts, AlertWrite, StoredAlert } from '../../src/stores/alerts.ts';
import type { SourceStates } from '../../src/stores/source-states.ts';

export interface AlertClockDeps {
  readonly pipeline: Pipeline;
  readonly alerts: Alerts;
  readonly states: SourceStates;
  readonly log: Log;
  readonly meter: Meter;
  readonly nowMs: () => number;
}

export interface AlertClockAnswer {
  readonly checked: number;
  readonly transitions: number;
  /** Somebody else wrote them meanwhile: looked at again at the next run. */
  readonly refused: number;
  readonly failed: number;
  /** False when the time ran out: the next run goes on. */
  readonly finished: boolean;
}

/** The part of Lambda's context that is looked at. */
interface RemainingTime {
  getRemainingTimeInMillis(): number;
}

export function createAlertClock(
  deps: AlertClockDeps,
): (request: unknown, context: RemainingTime) => Promise<AlertClockAnswer> {
  return async (_, context) => {
    const nowMs = deps.nowMs();
    const totals = { checked: 0, transitions: 0, refused: 0, failed: 0 };
    // All are found before any is written: a write moves it within the index that is being read.
    const due: string[] = [];
    for await (const id of deps.alerts.dueForChecking(nowMs)) {
      due.push(id);
      if (due.length === MAX_A_RUN) break;
    }
    let finished = due.length < MAX_A_RUN;
    for (let at = 0; at < due.length; at += ALERTS_AT_ONCE) {
      if (context.getRemainingTimeInMillis() < TIME_KEPT_MS) {
        finished = false;
        break;
      }
      const alerts = [...(await deps.alerts.loadById(due.slice(at, at + ALERTS_AT_ONCE))).values()];
      await checkGroup(alerts, nowMs, deps, totals);
    }
    deps.meter.publish({ runs: 1, ...totals });
    if (totals.failed > 0) deps.log.error('alerts not checked', { failed: totals.failed });
    return { ...totals, finished };
  };
}

const ALERTS_AT_ONCE = 100;
const MAX_A_RUN = 20_000;
/** Time left for the write under way to end. */
const TIME_KEPT_MS = 10_000;

async function checkGroup(
  alerts: readonly StoredAlert[],
  nowMs: number,
  { alerts: store, states, pipeline, log }: AlertClockDeps,
  totals: { checked: number; transitions: number; refused: number; failed: number },
): Promise<void> {
  const sources = new Set(alerts.map(sourceOf));
  const arrivals = new Map<string, number>();
  const unreadable = new Set<string>();
  for (const { source, state } of await states.load([...sources])) {
    try {
      arrivals.set(source, decodeStateImage(source, state).lastArrivalMs);
    } catch (error) {
      // One state that cannot be read must not keep all others unwatched.
      unreadable.add(source);
      totals.failed += 1;
      log.error('state not readable', { source, reason: String(error) });
    }
  }
  const readable = alerts.filter((alert) => !unreadable.has(sourceOf(alert)));
  const writes: (AlertWrite & { readonly made: number })[] = readable.map((alert) => {
    const { rule: name, series, version, state } = alert;
    const rule = pipeline.alerts.find(
      (candidate) => candidate.name === name && candidate.when.kind === 'absent',
    );
    const lastArrivalMs = arrivals.get(sourceOf(alert));
    // A rule the pipeline has no more, or a source that is gone: it is watched no longer.
    if (rule === undefined || lastArrivalMs === undefined) {
      return { rule: name, series, expectedVersion: version, state, checkAtMs: undefined, made: 0 };
    }
    const fold = foldSilence(rule, state, { lastArrivalMs, nowMs });
    const made = fold.state.sequence - state.sequence;
    return {
      rule: name,
      series,
      expectedVersion: version,
      state: fold.state,
      checkAtMs: fold.checkAtMs,
      made,
    };
  });
  totals.checked += writes.length;
  const outcomes = await store.commit(writes);
  for (const [at, { made }] of writes.entries()) {
    const outcome = outcomes[at];
    if (outcome?.kind === 'committed') totals.transitions += made;
    else if (outcome?.kind === 'refused') totals.refused += 1;
    else totals.failed += 1;
  }
}

function sourceOf({ series }: StoredAlert): string {
  return parseSourceSeries(series)?.source ?? '';
}
