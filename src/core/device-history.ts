// The tags of a device, and from when on: a record that arrived at a time has the tags of that time, on every delivery.

export interface TagsFrom {
  /** For records that arrived in the stream then or later. */
  readonly fromMs: number;
  readonly tags: Readonly<Record<string, string>>;
}

/** By when they begin. Before the first there are none. */
export type DeviceHistory = readonly TagsFrom[];

export function tagsAt(history: DeviceHistory, arrivalMs: number): TagsFrom['tags'] | undefined {
  return history.findLast(({ fromMs }) => fromMs <= arrivalMs)?.tags;
}

/**
 * With other tags from a time on, in place of what was to begin then or later. Entries that ended before `keptFromMs` are dropped.
 * Gives the same history where the tags are what they would be anyway.
 */
export function withTagsFrom(history: DeviceHistory, next: TagsFrom, keptFromMs: number): DeviceHistory {
  const before = history.filter(({ fromMs }) => fromMs < next.fromMs);
  const isNew = !areEqual(before.at(-1)?.tags ?? {}, next.tags);
  if (!isNew && before.length === history.length) return history;
  const all = isNew ? [...before, next] : before;
  const current = all.findLastIndex(({ fromMs }) => fromMs <= keptFromMs);
  return current > 0 ? all.slice(current) : all;
}

function areEqual(a: TagsFrom['tags'], b: TagsFrom['tags']): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}
