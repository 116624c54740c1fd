// A new subscription: noted first, read after, so that no change falls between what is read and what is told later.
import { alertsTopic } from '../../src/wire/live/alerts-of.ts';
import type { ServerMessage, SubscribeMessage } from '../../src/wire/live/messages.ts';
import { MAX_SERIES, MAX_SUBSCRIPTIONS } from '../../src/wire/live/messages.ts';
import { seriesFilter } from '../../src/wire/live/series-filter.ts';
import { rollupTopic, sourceTopic, topicOf } from '../../src/wire/live/topic.ts';
import { snapshotOfSeries, snapshotOfSource } from './snapshot.ts';
import type { SnapshotDeps } from './snapshot-deps.ts';
import { snapshotOfAlerts } from './snapshot-of-alerts.ts';
import { problemOf } from './subscription-problem.ts';

/** Closed windows of a series to begin with, unless the client says otherwise. */
const WINDOWS = 60;
/** The bound for all series of a subscription together: a few MB. */
const MAX_WINDOWS = 4_000;

export async function answerSubscribe(
  message: SubscribeMessage,
  connection: string,
  deps: SnapshotDeps,
): Promise<readonly string[] | 'unknown'> {
  const { id, round } = message;
  const refusal = problemOf(message, deps.pipeline);
  if (refusal !== undefined) return [write({ type: 'error', id, ...refusal })];
  const { topic, filter } = whatOf(message);
  const outcome = await deps.connections.subscribe(
    connection,
    { id, topic, filter },
    { nowMs: deps.clock.nowMs(), most: MAX_SUBSCRIPTIONS },
  );
  if (outcome === 'gone') return 'unknown';
  if (outcome === 'too-many') {
    const detail = `found ${MAX_SUBSCRIPTIONS} subscriptions of this connection, expected fewer: unsubscribe, or open another`;
    return [write({ type: 'error', id, detail })];
  }
  if ('alerts' in message) {
    const texts = await snapshotOfAlerts(message.alerts, { id, round }, deps);
    return [...texts, write({ type: 'ready', id, round, series: [] })];
  }
  const series = await seriesOf(message, topic, filter, deps);
  if (series.length > MAX_SERIES) {
    await deps.connections.unsubscribe(connection, id);
    const detail = `found more than ${MAX_SERIES} series, expected fewer: subscribe by values or tags`;
    return [write({ type: 'error', id, detail })];
  }
  const limit = Math.min(message.windows ?? WINDOWS, Math.floor(MAX_WINDOWS / Math.max(1, series.length)));
  const texts: string[] = [];
  for (const one of series) {
    const have = message.have?.find((known) => known.series === one);
    const asked = { id, round, series: one, limit, have };
    texts.push(
      ...('source' in message
        ? await snapshotOfSource(message.source, asked, deps)
        : await snapshotOfSeries(asked, deps)),
    );
  }
  return [...texts, write({ type: 'ready', id, round, series })];
}

type SeriesMessage = Exclude<SubscribeMessage, { readonly alerts: unknown }>;

function whatOf(message: SubscribeMessage): { readonly topic: string; readonly filter: string | undefined } {
  if ('alerts' in message) {
    const isAll = Object.keys(message.alerts).length === 0;
    return {
      topic: alertsTopic(message.alerts),
      filter: isAll ? undefined : JSON.stringify(message.alerts),
    };
  }
  const tags = 'tags' in message ? message.tags : undefined;
  return { topic: topicOf(message) ?? '', filter: tags === undefined ? undefined : JSON.stringify(tags) };
}

async function seriesOf(
  message: SeriesMessage,
  topic: string,
  filter: string | undefined,
  { directory, pipeline }: SnapshotDeps,
): Promise<readonly string[]> {
  if ('source' in message) return [sourceTopic(message.source)];
  if (topic !== rollupTopic(message.rollup)) return [topic];
  const isWanted = seriesFilter(pipeline);
  const found: string[] = [];
  for await (const { series } of directory.list(message.rollup)) {
    if (isWanted(series, filter)) found.push(series);
    if (found.length > MAX_SERIES) break;
  }
  return found;
}

function write(message: ServerMessage): string {
  return JSON.stringify(message);
}
