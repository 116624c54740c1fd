// The consumer of the windows table's changelog, and of the live table's: tells everyone who is subscribed of each change.
// A change told twice does no harm, since it says which versions it is of; one that cannot be told fails its batch only
// where the tables cannot be read.
import type { Pipeline } from '../../src/core/pipeline.ts';
import { mergeParts } from '../../src/core/rollup.ts';
import { summarizeStored } from '../../src/core/stored-window.ts';
import { eachOf } from '../../src/platform/each-of.ts';
import type { Log, Meter } from '../../src/platform/observe.ts';
import type { Subscriber } from '../../src/stores/live-connections.ts';
import type { Windows } from '../../src/stores/windows.ts';
import { windowAnswer } from '../../src/wire/api/window-answer.ts';
import { batchItemFailures } from '../../src/wire/batch-item-failures.ts';
import type { Change } from '../../src/wire/live/messages.ts';
import { seriesFilter } from '../../src/wire/live/series-filter.ts';
import { topicsOfRollupSeries } from '../../src/wire/live/topic.ts';
import type { BatchItemFailures, DynamoDbEventRecord, StreamEvent } from '../../src/wire/stream-records.ts';
import type { DecodedRecords, WindowWrites } from './decode-records.ts';
import { decodeRecords } from './decode-records.ts';
import type { FanOutDeps } from './fan-out.ts';
import { fanOut } from './fan-out.ts';

export interface LiveDeps extends FanOutDeps {
  readonly pipeline: Pipeline;
  readonly windows: Windows;
  readonly log: Log;
  readonly meter: Meter;
}

export function createLive(
  deps: LiveDeps,
): (event: StreamEvent<DynamoDbEventRecord>) => Promise<BatchItemFailures> {
  return async ({ Records }) => {
    const decoded = decodeRecords(Records);
    try {
      const telling = await whomToTell(decoded, deps);
      const report = await fanOut(telling, deps);
      deps.meter.publish({
        batches: 1,
        records: Records.length,
        connections: telling.size,
        ...report,
        failures: 0,
      });
      if (report.shed > 0) deps.log.warn('connections were too slow and were ended', { shed: report.shed });
      return batchItemFailures([]);
    } catch (error) {
      deps.log.error('changes not told', { records: Records.length, reason: String(error) });
      deps.meter.publish({ batches: 1, records: Records.length, failures: Records.length });
      return batchItemFailures(decoded.sequences);
    }
  };
}

/** Queries under way at once. */
const READS_AT_ONCE = 16;

/** By connection, what it is to be told, in the order of the changelog. */
async function whomToTell(
  { windows, sources }: DecodedRecords,
  deps: LiveDeps,
): Promise<ReadonlyMap<string, readonly Change[]>> {
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
  const telling = new Map<string, Change[]>();
  for (const { writes, asking } of hearing) tell(telling, changes.get(writes), asking);
  for (const change of sources) tell(telling, change, subscribers.get(change.series) ?? []);
  return telling;
}

/** Each connection once, for all of its subscriptions that want to hear of it. */
function tell(telling: Map<string, Change[]>, change: Change | undefined, to: readonly Subscriber[]): void {
  if (change === undefined) return;
  for (const [connection, subscribers] of Map.groupBy(to, (one) => one.connection)) {
    const told = telling.get(connection) ?? [];
    telling.set(connection, told);
    told.push({ ...change, for: subscribers.map(({ id }) => id) });
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

/** The window as it is now, all parts: at least as new as the writes told of. */
async function rollupChange({ series, start, parts }: WindowWrites, windows: Windows): Promise<Change> {
  const found: Change['windows'][number][] = [];
  for await (const stored of windows.listParts(series, { fromMs: start, toMs: start })) {
    const window = mergeParts(stored.map((part) => part.window));
    if (window !== undefined) found.push({ window: windowAnswer(summarizeStored(window)) });
  }
  return { series, versions: [...parts].map(([key, { from, to }]) => ({ key, from, to })), windows: found };
}
