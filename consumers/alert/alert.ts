// The consumer that judges: source windows and arrivals from the changelog of the sources, rollup windows from that of the
// windows. A redelivered change is judged again to the same end: an alert's state knows how far it has come.
import { observeRollup } from '../../src/core/alerts/observe-change.ts';
import type { SequenceNumber } from '../../src/core/brands.ts';
import type { Pipeline } from '../../src/core/pipeline/pipeline.ts';
import { mergeParts } from '../../src/core/rollup.ts';
import type { StoredWindow } from '../../src/core/stored-window.ts';
import { publishLag } from '../../src/platform/changelog-lag.ts';
import { eachOf } from '../../src/platform/each-of.ts';
import type { Log, Meter } from '../../src/platform/observe.ts';
import type { Alerts } from '../../src/stores/alerts.ts';
import { alertId } from '../../src/stores/alerts.ts';
import { StoreError } from '../../src/stores/store-error.ts';
import type { Windows } from '../../src/stores/windows.ts';
import { batchItemFailures } from '../../src/wire/batch-item-failures.ts';
import type { BatchItemFailures, DynamoDbEventRecord, StreamEvent } from '../../src/wire/stream-records.ts';
import type { AlertReport, AlertTask } from './commit-alerts.ts';
import { arriving, commitAlerts, judging, retiring } from './commit-alerts.ts';
import type { AlertWorks, Arrivals, ChangedRollup, UnreadableChange } from './decode-alert-work.ts';
import { decodeAlertWork } from './decode-alert-work.ts';

export interface AlertDeps {
  readonly pipeline: Pipeline;
  readonly alerts: Alerts;
  readonly windows: Windows;
  readonly log: Log;
  readonly meter: Meter;
  readonly nowMs: () => number;
}

interface Failure {
  readonly sequence: SequenceNumber;
  readonly reason: string;
}

export function createAlert(
  deps: AlertDeps,
): (event: StreamEvent<DynamoDbEventRecord>) => Promise<BatchItemFailures> {
  const watched = new WatchedSources();
  return async ({ Records }) => {
    const { works, arrivals, rollups, retirements, unreadable } = decodeAlertWork(Records, deps.pipeline);
    const whole = await addRollups(works, rollups, deps);
    const unread = [...unreadable, ...whole.unreadable];
    const shown = arrivals.filter((arrival) => watched.asksFor(arrival));
    const report = await attempt([...works.list().map(judging), ...shown.map(arriving)], deps.alerts);
    // After what came before it: an alert is written once at a time. One mark of a source is as good as many.
    const ending = new Map(
      retirements.map((one) => [alertId({ rule: one.rule.name, series: one.series }), one]),
    );
    const ended = await attempt([...ending.values()].map(retiring), deps.alerts);
    const failures = [...whole.failures, ...report.failures, ...ended.failures];
    const unfit = [...report.unfit, ...ended.unfit];
    const failed = new Set(failures.map(({ sequence }) => sequence));
    for (const arrival of shown) if (!arrival.sequences.some((at) => failed.has(at))) watched.note(arrival);
    const lag = publishLag(Records, { meter: deps.meter, nowMs: deps.nowMs() });
    deps.meter.publish({
      batches: 1,
      records: Records.length,
      judged: works.list().length,
      alertReads: report.reads,
      alertWrites: report.writes,
      alertRefusals: report.refusals,
      transitions: report.transitions + ended.transitions,
      beyondReach: report.beyond.length,
      unreadableChanges: unread.length,
      unfitAlerts: unfit.length,
      failures: failures.length,
      ...lag,
    });
    if (unread.length + unfit.length > 0) {
      deps.log.error('not judged: docs/how-to-mend.md says what to do', {
        unread: unread.slice(0, 5),
        unfit: unfit.slice(0, 5),
      });
    }
    if (report.beyond.length > 0) {
      const first = report.beyond.slice(0, 5);
      deps.log.warn('windows not judged: further back than their rules reach', {
        windows: report.beyond.length,
        first,
      });
    }
    if (failures.length > 0) {
      deps.log.error('changes not wholly judged', { failures: failures.length, first: failures.slice(0, 5) });
    }
    return batchItemFailures(failed);
  };
}

/** Where the work fails, so do all the changes it was for: redelivered, they do no harm. */
async function attempt(tasks: readonly AlertTask[], alerts: Alerts): Promise<AlertReport> {
  try {
    return await commitAlerts(tasks, alerts);
  } catch (error) {
    const failures = tasks.flatMap(({ sequences }) =>
      sequences.map((sequence) => ({ sequence, reason: String(error) })),
    );
    return { failures, reads: 0, writes: 0, refusals: 0, transitions: 0, unfit: [], beyond: [] };
  }
}

const READS_AT_ONCE = 8;

/** In the order of the changes. Windows kept in parts are read as a whole, as they are now; each once a batch. */
async function addRollups(
  works: AlertWorks,
  rollups: readonly ChangedRollup[],
  { windows }: Pick<AlertDeps, 'windows'>,
): Promise<{ readonly failures: readonly Failure[]; readonly unreadable: readonly UnreadableChange[] }> {
  const failures: Failure[] = [];
  const unreadable: UnreadableChange[] = [];
  const changes = rollups.filter(isToBeRead);
  const inParts = changes.filter(({ window }) => window.alone !== true);
  const whole = new Map<string, StoredWindow>();
  const byWindow = Map.groupBy(inParts, ({ window }) => windowKey(window));
  await eachOf([...byWindow], READS_AT_ONCE, async ([key, [change]]) => {
    if (change === undefined) return;
    try {
      const window = await readWhole(change.window, windows);
      if (window !== undefined) whole.set(key, window);
    } catch (error) {
      // What cannot be read will not be read the next time either.
      if (!(error instanceof StoreError)) {
        unreadable.push({ of: change.window.series, reason: String(error) });
        return;
      }
      failures.push(
        ...inParts
          .filter(({ window }) => windowKey(window) === key)
          .map(({ sequence }) => ({ sequence, reason: String(error) })),
      );
    }
  });
  for (const { window: changed, rules, sequence } of changes) {
    const window = changed.alone === true ? changed : whole.get(windowKey(changed));
    if (window === undefined) continue;
    for (const rule of rules) {
      const observation = observeRollup(rule, window);
      if (observation !== undefined) works.add(rule, window.series, [observation], sequence);
    }
  }
  return { failures, unreadable };
}

function windowKey({ start, end, series }: StoredWindow): string {
  return `${start} ${end} ${series}`;
}

/** A window with a part that is not final is not final: only a rule for provisional ones wants to know. */
function isToBeRead({ window, rules }: ChangedRollup): boolean {
  return window.final || rules.some(({ on }) => on.kind === 'rollup' && on.provisional);
}

/** Also one that holds nothing any more: what was published about it is taken back. */
async function readWhole(
  { series, start, end }: StoredWindow,
  windows: Windows,
): Promise<StoredWindow | undefined> {
  for await (const parts of windows.listParts(series, { fromMs: start, toMs: start })) {
    const window = mergeParts(parts.map((part) => part.window));
    if (window?.end === end) return window;
  }
  return undefined;
}

/** Sources known to be watched for silence: nothing takes an alert's item away. A few MB. */
const MAX_WATCHED = 50_000;

class WatchedSources {
  readonly #ids = new Set<string>();

  /** Whether an arrival may be the first, or end a silence: else its alert need not be read. */
  asksFor({ rule, series, silentForMs }: Arrivals): boolean {
    const { when } = rule;
    const isLong = when.kind === 'absent' && silentForMs >= when.afterMs;
    return isLong || !this.#ids.has(alertId({ rule: rule.name, series }));
  }

  note({ rule, series }: Arrivals): void {
    if (this.#ids.size >= MAX_WATCHED) this.#ids.clear();
    this.#ids.add(alertId({ rule: rule.name, series }));
  }
}
