// A series as it is now, in messages; or the word that the client has it so already.
import { mergeParts } from '../../src/core/rollup.ts';
import { sourceSeries } from '../../src/core/series.ts';
import type { StoredWindow } from '../../src/core/stored-window.ts';
import { summarizeStored } from '../../src/core/stored-window.ts';
import { heldWindows, indexOfHeld } from '../../src/stores/held-windows.ts';
import { windowAnswer } from '../../src/wire/api/window-answer.ts';
import type { Have, LiveWindow, Snapshot } from '../../src/wire/live/messages.ts';
import { packSnapshot } from '../../src/wire/live/pack-messages.ts';
import { partKey, startOfPart } from '../../src/wire/live/part-key.ts';
import { STATE_KEY } from '../../src/wire/live/state-key.ts';
import { versionsDigest } from '../../src/wire/live/versions-digest.ts';
import type { SnapshotDeps } from './snapshot-deps.ts';

export interface Asked {
  readonly id: string;
  readonly round: number;
  readonly series: string;
  /** Closed windows, by aggregation; the latest ones. */
  readonly limit: number;
  readonly have: Have | undefined;
}

/**
 * Always sent in full, whatever the client has: a source's version says nothing of its closed windows, which are stored after
 * the state that closed them, so that an earlier snapshot of the same version may lack some.
 */
export async function snapshotOfSource(
  source: string,
  { id, round, series, limit }: Omit<Asked, 'have'>,
  {
    states,
    windows,
    pipeline,
    connections,
  }: Pick<SnapshotDeps, 'states' | 'windows' | 'pipeline' | 'connections'>,
): Promise<readonly string[]> {
  // Before the windows: what a change closed is stored when it is passed on.
  const toldTo = await connections.lastChange(series);
  // The state first: what closes and is stored between the two reads is then in both, and not in neither.
  const [stored] = await states.load([source]);
  const held = stored === undefined ? [] : [...heldWindows(source, stored.state)];
  const found: LiveWindow[] = [];
  const add = (aggregation: string, window: StoredWindow) =>
    found.push({ aggregation, window: windowAnswer(summarizeStored(window)) });
  for (const { name } of pipeline.aggregations) {
    const latest = windows.list(sourceSeries(name, source), { descending: true, readAhead: limit });
    for (const window of await take(latest, limit)) {
      const same = indexOfHeld(held, window);
      if (same !== -1) held.splice(same, 1);
      add(name, window);
    }
  }
  for (const window of held) add(window.aggregation, window);
  return packSnapshot({
    type: 'snapshot',
    id,
    round,
    series,
    fromMs: 0,
    versions: [{ key: STATE_KEY, version: stored?.version ?? 0 }],
    ...toldToOf(stored?.version, toldTo),
    windows: found.sort((a, b) => a.window.startMs - b.window.startMs),
  });
}

/** Before its first write a source has closed nothing. */
function toldToOf(version: number | undefined, toldTo: number | undefined): Pick<Snapshot, 'toldTo'> {
  if (version === undefined) return { toldTo: 0 };
  return toldTo === undefined ? {} : { toldTo };
}

export async function snapshotOfSeries(
  { id, round, series, limit, have }: Asked,
  { windows }: SnapshotDeps,
): Promise<readonly string[]> {
  const latest = await take(
    windows.listParts(series, { descending: true, readAhead: READ_AHEAD }),
    limit + 1,
  );
  const isWhole = latest.length <= limit;
  const taken = latest.slice(0, limit).reverse();
  const versions: Snapshot['versions'][number][] = [];
  const found: LiveWindow[] = [];
  for (const parts of taken) {
    const window = mergeParts(parts.map((part) => part.window));
    if (window === undefined) continue;
    found.push({ window: windowAnswer(summarizeStored(window)) });
    for (const { window: part, version } of parts) {
      versions.push({ key: partKey({ ...part, part: part.part ?? 0 }), version });
    }
  }
  const fromMs = isWhole ? 0 : (found[0]?.window.startMs ?? Number.MAX_SAFE_INTEGER);
  if (have !== undefined && have.fromMs >= fromMs) {
    const since = versions.filter(({ key }) => (startOfPart(key) ?? 0) >= have.fromMs);
    if (versionsDigest(since.map(({ key, version }) => [key, version])) === have.digest)
      return [JSON.stringify({ type: 'current', id, round, series })];
  }
  return packSnapshot({ type: 'snapshot', id, round, series, fromMs, versions, windows: found });
}

/** Items read at a time: several windows in their parts. */
const READ_AHEAD = 200;

async function take<T>(items: AsyncIterable<T>, most: number): Promise<T[]> {
  const taken: T[] = [];
  if (most <= 0) return taken;
  for await (const item of items) {
    taken.push(item);
    if (taken.length === most) break;
  }
  return taken;
}
