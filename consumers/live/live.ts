// The consumer of the changelogs of windows, of watched sources and of alerts: tells everyone who is subscribed of each change.
// A change told twice does no harm, since it says which versions it is of; one that cannot be told fails its batch only
// where the tables cannot be read.
import type { HeldToken } from '../../src/core/access-token.ts';
import type { Pipeline } from '../../src/core/pipeline/pipeline.ts';
import { mergeParts } from '../../src/core/rollup.ts';
import { summarizeStored } from '../../src/core/stored-window.ts';
import type { Outlet } from '../../src/host/outlet-of.ts';
import { publishLag } from '../../src/platform/changelog-lag.ts';
import { eachOf } from '../../src/platform/each-of.ts';
import type { Log, Meter } from '../../src/platform/observe.ts';
import { alertId } from '../../src/stores/alerts.ts';
import type { Subscriber } from '../../src/stores/live-connections.ts';
import type { RecentAlerts } from '../../src/stores/recent-alerts.ts';
import type { Windows } from '../../src/stores/windows.ts';
import { standingAlertAnswer } from '../../src/wire/api/alert-answer.ts';
import { windowAnswer } from '../../src/wire/api/window-answer.ts';
import { batchItemFailures } from '../../src/wire/batch-item-failures.ts';
import { ALERT_TOPICS, alertFilter, topicsOfAlert } from '../../src/wire/live/alerts-of.ts';
import type { Change, LiveTransition } from '../../src/wire/live/messages.ts';
import { seriesFilter } from '../../src/wire/live/series-filter.ts';
import { topicsOfRollupSeries } from '../../src/wire/live/topic.ts';
import type { BatchItemFailures, DynamoDbEventRecord, StreamEvent } from '../../src/wire/stream-records.ts';
import type { DecodedRecords, WindowWrites } from './decode-records.ts';
import { decodeRecords } from './decode-records.ts';
import type { FanOutDeps, Told } from './fan-out.ts';
import { fanOut } from './fan-out.ts';
import { tellOutlet } from './tell-outlet.ts';

export interface LiveDeps extends FanOutDeps {
  readonly pipeline: Pipeline;
  readonly windows: Windows;
  readonly recent: RecentAlerts;
  /** Default: there is none. */
  readonly outlet?: Outlet | undefined;
  readonly log: Log;
  readonly meter: Meter;
}

export function createLive(
  deps: LiveDeps,
): (event: StreamEvent<DynamoDbEventRecord>) => Promise<BatchItemFailures> {
  return async ({ Records }) => {
    const decoded = decodeRecords(Records);
    const lag = publishLag(Records, { meter: deps.meter, nowMs: deps.clock.nowMs() });
    try {
      await tellOutlet(decoded, deps);
      const telling = await whomToTell(decoded, deps);
      const report = await fanOut(telling, deps);
      deps.meter.publish({
        batches: 1,
        records: Records.length,
        connections: telling.size,
        ...report,
        failures: 0,
        ...lag,
      });
      if (report.shed > 0) deps.log.warn('connections were too slow and were ended', { shed: report.shed });
      return batchItemFailures([]);
    } catch (error) {
      deps.log.error('changes not told', { records: Records.length, reason: String(error) });
      deps.meter.publish({ batches: 1, records: Records.length, failures: Records.length, ...lag });
      return batchItemFailures(decoded.sequences);
    }
  };
}

/** Queries under way at once. */
const READS_AT_ONCE = 16;

/** By connection, what it is to be told, in the order of the changelog. */
async function whomToTell(decoded: DecodedRecords, deps: LiveDeps): Promise<ReadonlyMap<string, Told>> {
  const telling = new Telling();
  await tellOfWindows(decoded, deps, telling);
  await tellOfAlerts(decoded, deps, telling);
  return telling.byConnection;
}

async function tellOfWindows(
  { windows, sources }: DecodedRecords,
  deps: LiveDeps,
  telling: Telling,
): Promise<void> {
  const { connections, clock } = deps;
  const live = windows.length === 0 ? undefined : await connections.liveTopics('rollup|', clock.nowMs());
  const wanted = windows
    .map((writes) => ({
      writes,
      topics: topicsOfRollupSeries(writes.series).filter((topic) => live?.has(topic)),
    }))
    .filter(({ topics }) => topics.length > 0);
  const topics = new Set([...wanted.flatMap((one) => one.topics), ...sources.map(({ series }) => series)]);
  const subscribers = await subscribersOf(topics, deps);
  const filter = seriesFilter(deps.pipeline);
  const hearing = wanted
    .map(({ writes, topics: of }) => ({
      writes,
      asking: of
        .flatMap((topic) => subscribers.get(topic) ?? [])
        .filter((one) => filter(writes.series, one.filter)),
    }))
    .filter(({ asking }) => asking.length > 0);
  const changes = new Map<WindowWrites, Change>();
  await eachOf(hearing, READS_AT_ONCE, async ({ writes }) => {
    changes.set(writes, await rollupChange(writes, deps.windows));
  });
  for (const { writes, asking } of hearing) {
    const change = changes.get(writes);
    if (change !== undefined) telling.ofChange(change, asking);
  }
  for (const change of sources) telling.ofChange(change, subscribers.get(change.series) ?? []);
}

async function tellOfAlerts({ alerts }: DecodedRecords, deps: LiveDeps, telling: Telling): Promise<void> {
  if (alerts.length === 0) return;
  const { connections, recent, clock, pipeline } = deps;
  // Noted before anybody is looked for: whoever subscribes too late to be found reads it there.
  await recent.note(alerts.map(alertId), clock.nowMs());
  const live = await connections.liveTopics(ALERT_TOPICS, clock.nowMs());
  const wanted = alerts
    .map(({ rule, series, transition }) => standingAlertAnswer(rule, series, transition))
    .map((alert) => ({ alert, topics: topicsOfAlert(alert).filter((topic) => live.has(topic)) }));
  const subscribers = await subscribersOf(new Set(wanted.flatMap(({ topics }) => topics)), deps);
  const isWanted = alertFilter(pipeline);
  for (const { alert, topics } of wanted) {
    const asking = topics.flatMap((topic) => subscribers.get(topic) ?? []);
    telling.ofTransition(
      alert,
      asking.filter(({ filter }) => isWanted(alert, filter)),
    );
  }
}

/** By connection what it is to be told: each thing once, for all of its subscriptions that want to hear of it. */
class Telling {
  readonly byConnection = new Map<
    string,
    { token: HeldToken; changes: Change[]; transitions: LiveTransition[] }
  >();

  ofChange(change: Change, to: readonly Subscriber[]): void {
    for (const { told, ids } of this.#each(to)) told.changes.push({ ...change, for: ids });
  }

  ofTransition(alert: LiveTransition['alert'], to: readonly Subscriber[]): void {
    for (const { told, ids } of this.#each(to)) told.transitions.push({ alert, for: ids });
  }

  #each(to: readonly Subscriber[]) {
    return [...Map.groupBy(to, (one) => one.connection)].flatMap(([connection, subscribers]) => {
      const [first] = subscribers;
      if (first === undefined) return [];
      const told = this.byConnection.get(connection) ?? { token: first.token, changes: [], transitions: [] };
      this.byConnection.set(connection, told);
      return [{ told, ids: subscribers.map(({ id }) => id) }];
    });
  }
}

async function subscribersOf(
  topics: ReadonlySet<string>,
  { connections }: LiveDeps,
): Promise<ReadonlyMap<string, readonly Subscriber[]>> {
  const found = new Map<string, readonly Subscriber[]>();
  await eachOf([...topics], READS_AT_ONCE, async (topic) => {
    found.set(topic, await connections.subscribers(topic));
  });
  return found;
}

/** The window as it is now, with all its parts: at least as new as the writes in the batch. */
async function rollupChange({ series, start, end, parts }: WindowWrites, windows: Windows): Promise<Change> {
  const found: Change['windows'][number][] = [];
  for await (const stored of windows.listParts(series, { fromMs: start, toMs: start })) {
    const window = mergeParts(stored.map((part) => part.window));
    if (window?.end === end) found.push({ window: windowAnswer(summarizeStored(window)) });
  }
  return { series, versions: [...parts].map(([key, { from, to }]) => ({ key, from, to })), windows: found };
}
