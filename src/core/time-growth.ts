// How many bytes one event may add to the times of states and values, known before it is folded in: the bound on a state is applied to it.
import { stateIn } from './count-time.ts';
import type { CounterSample } from './counter-trail.ts';
import { mostTrailGrowth } from './counter-trail.ts';
import type { TelemetryEvent } from './event.ts';
import { OVERFLOW_TAG } from './group-tags.ts';
import { TIMES_BYTES } from './group-times.ts';
import { HELD_BYTES, type HeldTrail, heldKey } from './held-trail.ts';
import type { Aggregation, StateRule } from './pipeline/pipeline.ts';
import type { OpenAggregation } from './source-state.ts';
import { OTHER_STATE, STATE_BYTES, STATE_ENTRY_BYTES } from './state-time.ts';
import { textBytes } from './text-bytes.ts';
import { timeWeightBytes } from './time-weight.ts';
import { emptyGroupBytes, SUM_GROWTH } from './window-bytes.ts';

/** What the event can add: to the trails, and in the windows of the samples beside its own. At least what it comes to. */
export function mostTimeGrowth(
  open: Pick<OpenAggregation, 'aggregation' | 'held' | 'windows'>,
  event: TelemetryEvent,
  begun: number,
): number {
  const { aggregation } = open;
  const { states, weights, values: taken, groupBy, window: spec } = aggregation;
  if (!weights && states.length === 0) return 0;
  const tags = groupBy.map((tag) => event.tags[tag] ?? null);
  const overflow = groupBy.map(() => OVERFLOW_TAG);
  const own = emptyGroupBytes(tags, aggregation) + emptyGroupBytes(overflow, aggregation);
  const held = spec.kind === 'hopping' ? Math.ceil(spec.sizeMs / spec.everyMs) : 1;
  let bytes = 0;
  for (const rule of states) bytes += stateGrowth(open, event, { rule, own, held, begun });
  if (!weights) return bytes;
  for (const name in event.values) {
    if (taken !== undefined && !taken.has(name)) continue;
    const trail = open.held.get(heldKey(name, 'value'));
    const room = timeWeightBytes({ name }) + TIMES_BYTES + 2 * SUM_GROWTH;
    bytes +=
      HELD_BYTES +
      mostTrailGrowth(name, trail?.trail) +
      2 * held * (2 * room + own + widestGroup(trail, aggregation));
  }
  // Two sessions that become one have the time between them.
  return spec.kind === 'session' && open.windows.size > 1 ? bytes + open.held.size * 4 * SUM_GROWTH : bytes;
}

interface StateGrowth {
  readonly rule: StateRule;
  /** Bytes of the groups that may be begun for the event's tags. */
  readonly own: number;
  /** How many windows hold one time. */
  readonly held: number;
  readonly begun: number;
}

function stateGrowth(
  open: Pick<OpenAggregation, 'aggregation' | 'held' | 'windows'>,
  event: TelemetryEvent,
  { rule, own, held, begun }: StateGrowth,
): number {
  const trail = open.held.get(heldKey(rule.of, 'state'));
  const room = (text: number) => STATE_BYTES + TIMES_BYTES + textBytes(rule.of) + STATE_ENTRY_BYTES + text;
  const widest = trail === undefined ? 0 : widestGroup(trail, open.aggregation) + room(longestText(trail));
  const text = stateIn(event, rule);
  if (text === undefined) return begun * widest;
  const late = [...open.windows.values()].filter(({ start }) => start > event.time).length;
  const added = own + room(textBytes(text));
  const trails =
    HELD_BYTES + mostTrailGrowth(rule.of, trail?.trail) + textBytes(text) + textBytes(OTHER_STATE);
  return trails + begun * widest + (2 * held + late) * added + 2 * held * widest;
}

/** What a group takes that is begun for any of the samples. */
function widestGroup(held: HeldTrail | undefined, aggregation: Aggregation): number {
  if (held === undefined) return 0;
  let most = 0;
  let before: CounterSample['tags'] | undefined;
  for (const { tags } of held.trail.samples) {
    if (tags !== before) most = Math.max(most, emptyGroupBytes(tags, aggregation));
    before = tags;
  }
  return most;
}

function longestText({ texts = [] }: HeldTrail): number {
  return texts.reduce((most, text) => Math.max(most, textBytes(text)), textBytes(OTHER_STATE));
}
