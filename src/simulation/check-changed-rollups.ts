// Rollups in a run whose pipeline changes: what calls itself whole is, and no event counts in two places.
import type { Pipeline, Rollup } from '../core/pipeline/pipeline.ts';
import { rollupText } from '../core/rollup-beginnings.ts';
import { parseRollupSeries } from '../core/series.ts';
import type { EndCheckDeps } from './end-check-deps.ts';
import type { StoredView } from './read-state.ts';
import type { ReferenceEvent } from './reference-model.ts';
import { hold } from './violation.ts';

const LAW_OF_WHOLES =
  'a final rollup window that does not call itself partial holds all events of its sources’ windows';
const LAW_OF_ONE_PLACE = 'a rollup counts no event of its sources’ windows in two places';

export function checkChangedRollups({ pipelines, sources, windows, isMixed }: EndCheckDeps): void {
  if (sources.uncertain.size > 0) return;
  const held = heldEvents(sources);
  const rollups = pipelines.flatMap((pipeline) => pipeline.rollups.map((rollup) => ({ rollup, pipeline })));
  const merged = mergedWindows(windows);
  const counted = new Map<string, number>();
  for (const window of merged) {
    const read = parseRollupSeries(window.series);
    if (read === undefined) continue;
    const { start, end } = window;
    const place = JSON.stringify([read.rollup, read.values.length, start, end]);
    counted.set(place, (counted.get(place) ?? 0) + window.events);
    if (!window.final || window.partial !== undefined) continue;
    const own = rollups.filter(({ rollup }) => rollup.name === read.rollup);
    const [first] = own;
    const isOne = new Set(own.map((each) => rollupText(each.rollup, each.pipeline))).size === 1;
    // What is made no more, or was not for a while, stays as it was left; code of two pipelines makes what the one or the other has.
    const begins = isMixed || first === undefined ? 0 : pipelines.indexOf(first.pipeline);
    if (!isOne || own.length < pipelines.length - begins) continue;
    const expected = own.flatMap(({ rollup }) =>
      expectedEvents(rollup, read.values, held.get(placeOf(rollup.of, start, end)) ?? []),
    );
    hold(LAW_OF_WHOLES, expected.includes(window.events), () => {
      return `${window.series} ${start}: found ${window.events} events, expected one of [${expected}]`;
    });
  }
  for (const [place, events] of counted) {
    const [name, , start, end]: [string, number, number, number] = JSON.parse(place);
    const most = Math.max(...mostEvents(rollups, { name, start, end }, held));
    hold(LAW_OF_ONE_PLACE, events <= most, () => {
      return `${name} ${start}: found ${events} events over its series, expected at most ${most}`;
    });
  }
}

/** A rollup may have been of one aggregation and then of another: of both, where their windows are alike. */
function mostEvents(
  rollups: readonly { readonly rollup: Rollup; readonly pipeline: Pipeline }[],
  { name, start, end }: { readonly name: string; readonly start: number; readonly end: number },
  held: ReadonlyMap<string, readonly ReferenceEvent[]>,
): readonly number[] {
  const of = new Set(rollups.filter(({ rollup }) => rollup.name === name).map(({ rollup }) => rollup.of));
  return [[...of].reduce((sum, each) => sum + (held.get(placeOf(each, start, end)) ?? []).length, 0)];
}

function expectedEvents(
  { levels }: Rollup,
  values: readonly (string | null)[],
  events: readonly ReferenceEvent[],
): readonly number[] {
  return levels
    .filter((tags) => tags.length === values.length)
    .map((tags) => events.filter((event) => isOf(event, tags, values)).length);
}

function isOf(
  { tags }: ReferenceEvent,
  names: readonly string[],
  values: readonly (string | null)[],
): boolean {
  return names.every((name, at) => (Object.hasOwn(tags, name) ? tags[name] : null) === values[at]);
}

function heldEvents(sources: EndCheckDeps['sources']): ReadonlyMap<string, readonly ReferenceEvent[]> {
  const held = new Map<string, ReferenceEvent[]>();
  for (const { reference } of sources.sources.values()) {
    for (const { aggregation, start, end, events } of reference.windows) {
      const place = placeOf(aggregation.name, start, end);
      const own = held.get(place) ?? [];
      held.set(place, own);
      own.push(...events);
    }
  }
  return held;
}

function placeOf(aggregation: string, start: number, end: number): string {
  return JSON.stringify([aggregation, start, end]);
}

function mergedWindows(windows: EndCheckDeps['windows']): readonly StoredView[] {
  const keys = new Map(
    [...windows.stored.values()].map((each) => [`${each.start} ${each.end} ${each.series}`, each]),
  );
  return [...keys.values()].flatMap(({ series, start, end }) => windows.merged(series, start, end) ?? []);
}
