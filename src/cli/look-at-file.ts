// A file through shapes, summed up: what would be events, and what about them is doubtful.
import type { TelemetryEvent } from '../core/event.ts';
import type { Shape } from '../core/shape/shape.ts';
import { type CountedReason, Reasons } from '../run/reasons.ts';
import { readShapedFile } from '../wire/shapes/read-shaped-file.ts';
import { type SkippedPath, SkippedPaths } from '../wire/shapes/skipped-paths.ts';

export interface FileLook {
  readonly shapes: readonly { readonly name: string; readonly events: number }[];
  readonly events: number;
  readonly refused: number;
  readonly sources: number;
  readonly withoutId: number;
  readonly withoutValues: number;
  readonly times: { readonly first: string; readonly last: string } | undefined;
  readonly suspicious: readonly { readonly count: number; readonly text: string }[];
  readonly reasons: readonly CountedReason[];
  readonly first: readonly TelemetryEvent[];
  readonly notTaken: readonly SkippedPath[];
}

const SHOWN = 3;
const YEAR_1990_MS = Date.UTC(1990, 0);

/** @throws RecordingError for a file that cannot be read at all */
export async function lookAtFile(
  file: string,
  options: {
    readonly shapes: readonly Shape[];
    readonly arrivalMs?: number | undefined;
    readonly askedTags?: ReadonlySet<string>;
    readonly states?: ReadonlySet<string> | undefined;
    readonly most?: number;
  },
): Promise<FileLook> {
  const nowMs = Date.now();
  const skipped = new SkippedPaths();
  const reasons = new Reasons();
  const byShape = new Map<string, number>();
  const sources = new Set<string>();
  const first: TelemetryEvent[] = [];
  const zones = new Map<string, number>();
  const onZone = (zone: string) => void zones.set(zone, (zones.get(zone) ?? 0) + 1);
  const counts = { events: 0, withoutId: 0, withoutValues: 0, early: 0, ahead: 0 };
  let [least, greatest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for await (const entry of readShapedFile(file, { ...options, skipped, onZone })) {
    if (entry.kind === 'refused') {
      reasons.add(entry.reason, entry.detail);
    } else {
      const { event } = entry;
      counts.events += 1;
      byShape.set(entry.shape, (byShape.get(entry.shape) ?? 0) + 1);
      sources.add(event.source);
      if (event.id === undefined) counts.withoutId += 1;
      if (Object.keys(event.values).length === 0 && event.states === undefined) counts.withoutValues += 1;
      if (event.time < YEAR_1990_MS) counts.early += 1;
      if (event.time > nowMs) counts.ahead += 1;
      least = Math.min(least, event.time);
      greatest = Math.max(greatest, event.time);
      if (first.length < SHOWN) first.push(event);
    }
    if (options.most !== undefined && counts.events + reasons.total >= options.most) break;
  }
  const { events, withoutId, withoutValues, early, ahead } = counts;
  return {
    shapes: [...byShape].map(([name, count]) => ({ name, events: count })),
    events,
    refused: reasons.total,
    sources: sources.size,
    withoutId,
    withoutValues,
    times:
      events === 0
        ? undefined
        : { first: new Date(least).toISOString(), last: new Date(greatest).toISOString() },
    suspicious: [
      {
        count: early,
        text: 'times before 1990: seconds taken for ms, or a clock that was not set ("as": "s" says seconds)',
      },
      { count: ahead, text: 'times in the future' },
      ...[...zones].map(([zone, count]) => ({ count, text: `times that state no zone, read as ${zone}` })),
    ].filter(({ count }) => count > 0),
    reasons: reasons.list(),
    first,
    notTaken: skipped.list(),
  };
}
