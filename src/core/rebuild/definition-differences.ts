// What of two pipelines counts differently: why windows of two generations may differ.
import type { Aggregation, Pipeline } from '../pipeline/pipeline.ts';

export interface DefinitionDifferences {
  /** Something that goes for every event. */
  readonly everything: boolean;
  /** Aggregations that one has not, or that count otherwise. */
  readonly aggregations: ReadonlySet<string>;
  readonly rollups: ReadonlySet<string>;
}

export function definitionDifferences(a: Pipeline, b: Pipeline): DefinitionDifferences {
  const aggregations = differing(a.aggregations, b.aggregations, countedBy);
  const rollups = new Set(differing(a.rollups, b.rollups, textOf));
  for (const { name, of } of [...a.rollups, ...b.rollups]) if (aggregations.has(of)) rollups.add(name);
  return { everything: textOf(ofAll(a)) !== textOf(ofAll(b)), aggregations, rollups };
}

/** How long something is kept, and by what it is grouped for others, changes no window. */
function countedBy({ retentionMs: _, groupBy: __, ...counted }: Aggregation): string {
  return textOf(counted);
}

function ofAll({
  dedupeHorizonMs,
  dedupeByTime,
  maxClockSkewMs,
  allowOldTimes,
  shapes,
  devices,
  deviceTable,
}: Pipeline): object {
  return { dedupeHorizonMs, dedupeByTime, maxClockSkewMs, allowOldTimes, shapes, devices, deviceTable };
}

function differing<T extends { readonly name: string }>(
  a: readonly T[],
  b: readonly T[],
  text: (one: T) => string,
): ReadonlySet<string> {
  const texts = new Map(a.map((one) => [one.name, text(one)]));
  const different = new Set(a.map(({ name }) => name));
  for (const one of b) {
    if (texts.get(one.name) === text(one)) different.delete(one.name);
    else different.add(one.name);
  }
  return different;
}

function textOf(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => {
    if (part instanceof Set) return { set: [...part].sort() };
    return part instanceof Map ? { map: [...part] } : part;
  });
}
