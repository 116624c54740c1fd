// What a live subscription is to, and the texts that name it: a source, one series of a rollup, or all of a rollup's.
import { parseRollupSeries, rollupSeries } from '../../core/series.ts';

/** A source with all its aggregations. */
export function sourceTopic(source: string): string {
  return `${SOURCE_TOPICS}${source}`;
}

/** All series of a rollup. One series is a topic under its own text: see `rollupSeries`. */
export function rollupTopic(rollup: string): string {
  return `rollup|${rollup}`;
}

/** What every source's topic begins with. */
export const SOURCE_TOPICS = 'source|';

export function parseSourceTopic(topic: string): string | undefined {
  return topic.startsWith(SOURCE_TOPICS) ? topic.slice(SOURCE_TOPICS.length) : undefined;
}

/** The topics whose subscribers are to hear of a change in a rollup's series. */
export function topicsOfRollupSeries(series: string): readonly string[] {
  const rollup = parseRollupSeries(series)?.rollup;
  return rollup === undefined ? [] : [series, rollupTopic(rollup)];
}

/** What a subscriber names. */
export interface TopicOf {
  readonly source?: string;
  readonly rollup?: string;
  readonly values?: readonly (string | null)[];
}

export function topicOf({ source, rollup, values }: TopicOf): string | undefined {
  if (source !== undefined) return sourceTopic(source);
  if (rollup === undefined) return undefined;
  return values === undefined ? rollupTopic(rollup) : rollupSeries(rollup, values);
}
