// A new subscription: noted first, read after, so that no change falls between what is read and what is told later.
import type { Pipeline } from '../../src/core/pipeline.ts';
import type { PostDeps } from '../../src/platform/live-poster.ts';
import type { LiveConnections } from '../../src/stores/live-connections.ts';
import type { RollupDirectory } from '../../src/stores/rollup-directory.ts';
import type { SourceStates } from '../../src/stores/source-states.ts';
import type { Windows } from '../../src/stores/windows.ts';
import type { ServerMessage, SubscribeMessage } from '../../src/wire/live/messages.ts';
import { MAX_SERIES, MAX_SUBSCRIPTIONS } from '../../src/wire/live/messages.ts';
import { seriesFilter } from '../../src/wire/live/series-filter.ts';
import { rollupTopic, sourceTopic, topicOf } from '../../src/wire/live/topic.ts';
import { snapshotOfSeries, snapshotOfSource } from './snapshot.ts';

export interface SnapshotDeps extends PostDeps {
  readonly pipeline: Pipeline;
  readonly connections: LiveConnections;
  readonly states: SourceStates;
  readonly windows: Windows;
  readonly directory: RollupDirectory;
}

/** Closed windows of a series to begin with, unless the client says otherwise. */
const WINDOWS = 60;
/** Of all series of a subscription together: a few MB. */
const MAX_WINDOWS = 4_000;

export async function answerSubscribe(
  message: SubscribeMessage,
  connection: string,
  deps: SnapshotDeps,
): Promise<readonly string[] | 'unknown'> {
  const { id, round } = message;
  const refusal = problemOf(message, deps.pipeline);
  if (refusal !== undefined) return [write({ type: 'error', id, ...refusal })];
  const topic = topicOf(message) ?? '';
  const filter = 'tags' in message && message.tags !== undefined ? JSON.stringify(message.tags) : undefined;
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

type Refusal = Pick<Extract<ServerMessage, { type: 'error' }>, 'detail' | 'problems'>;

/** What the schema cannot know: whether there is such a rollup, with so many tags, of these names. */
function problemOf(message: SubscribeMessage, { rollups }: Pipeline): Refusal | undefined {
  if ('source' in message) return undefined;
  const refuse = (where: string, found: string, expected: string): Refusal => ({
    detail: `${where}: found ${found}, expected ${expected}`,
    problems: [{ where, found, expected }],
  });
  const { values, tags } = message;
  if (values !== undefined && tags !== undefined) return refuse('message', 'values and tags', 'one of them');
  const rollup = rollups.find(({ name }) => name === message.rollup);
  const names = rollups.map(({ name }) => name).join(', ');
  if (rollup === undefined)
    return refuse('message.rollup', JSON.stringify(message.rollup), `one of ${names}`);
  const levels = rollup.levels.map((level) => `[${level.join(', ')}]`).join(' or ');
  if (values !== undefined && !rollup.levels.some((level) => level.length === values.length)) {
    return refuse('message.values', `${values.length} values`, `those of ${levels}`);
  }
  const unknown = tags?.find(({ tag }) => !rollup.levels.some((level) => level.includes(tag)));
  return unknown === undefined
    ? undefined
    : refuse('message.tags', JSON.stringify(unknown.tag), `tags of ${levels}`);
}

async function seriesOf(
  message: SubscribeMessage,
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
