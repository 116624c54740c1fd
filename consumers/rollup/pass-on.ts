import type { LiveConnections, TopicChange } from '../../src/stores/live-connections.ts';
import type { Change } from '../../src/wire/live/messages.ts';
import { sourceChange } from '../../src/wire/live/source-change.ts';
import { SOURCE_TOPICS, sourceTopic } from '../../src/wire/live/topic.ts';
import { attempt, type Failure } from './attempt.ts';
import type { SourceChange } from './decode-changes.ts';

/**
 * Changes of sources that somebody watches go into the live table, whose change stream carries them on: the sources' own
 * has its two readers. Who watches is asked after the closed windows are stored: whoever begins later finds them there.
 */
export async function passOn(
  changes: readonly SourceChange[],
  live: LiveConnections | undefined,
  nowMs: number,
): Promise<{ readonly failures: readonly Failure[]; readonly sources: number }> {
  let sources = 0;
  if (live === undefined) return { failures: [], sources };
  const failures = await attempt(changes, async () => {
    const watched = await live.liveTopics(SOURCE_TOPICS, nowMs);
    if (watched.size === 0) return;
    const bySource = Map.groupBy(
      changes.filter(({ source }) => watched.has(sourceTopic(source))),
      ({ source }) => source,
    );
    const told = [...bySource].flatMap(([source, of]) => sourceChange(source, of) ?? []);
    sources = told.length;
    await live.putChanges(told.map(toTopicChange), nowMs);
  });
  return { failures, sources };
}

/** An item ends at 400 KB; what is larger than a message is told as stale anyway. */
const MAX_BODY_LENGTH = 100_000;

function toTopicChange(change: Change): TopicChange {
  const body = JSON.stringify(change);
  const { series, versions } = change;
  return {
    topic: series,
    to: versions[0]?.to ?? 0,
    body:
      body.length <= MAX_BODY_LENGTH ? body : JSON.stringify({ series, versions, windows: [], stale: true }),
  };
}
