// Folds contributions into rollup parts and commits each part once a batch, under the version loaded.
import type { SequenceNumber } from '../../src/core/brands.ts';
import type { Addition } from '../../src/core/rollup.ts';
import { foldAdditions } from '../../src/core/rollup.ts';
import type { StoredWindow } from '../../src/core/stored-window.ts';
import type { PartKey, PartOutcome, StoredPart, Windows } from '../../src/stores/windows.ts';
import type { PartCache } from './part-cache.ts';

/** One part's share of a batch. */
export interface PartWork {
  readonly key: PartKey;
  readonly additions: (Addition & { readonly sequence: SequenceNumber })[];
  /** How long its window is kept; undefined: for ever. */
  readonly retentionMs: number | undefined;
  lastArrivalMs: number;
}

export interface PartReport {
  readonly failures: readonly { readonly sequence: SequenceNumber; readonly reason: string }[];
  readonly reads: number;
  readonly writes: number;
  readonly refusals: number;
}

/** Waits before a part that was refused is tried for the so-manieth time again. */
export type RetryPause = (round: number) => Promise<void>;

/** How often a refused part is folded again: sources of several changelog shards may meet in one. */
const MAX_REFUSALS = 10;

export async function commitParts(
  works: readonly PartWork[],
  deps: { readonly windows: Windows; readonly cache: PartCache; readonly retryPause: RetryPause },
): Promise<PartReport> {
  const { windows, cache, retryPause } = deps;
  const failures: { sequence: SequenceNumber; reason: string }[] = [];
  let reads = 0;
  let writes = 0;
  let refusals = 0;
  let pending = works;
  for (let round = 0; pending.length > 0; round += 1) {
    if (round > 0) await retryPause(round);
    const loaded = await load(pending, windows, cache);
    const bases = loaded.bases;
    reads += loaded.reads;
    const folded: { readonly work: PartWork; readonly window: StoredWindow }[] = [];
    for (const work of pending) {
      const base = bases.get(work)?.window;
      const window = foldAdditions(base, work.additions);
      if (window !== undefined && window !== base) folded.push({ work, window });
    }
    if (folded.length === 0) break;
    writes += folded.length;
    const outcomes = await windows.commitParts(
      folded.map(({ work, window }) => ({
        window,
        expectedVersion: bases.get(work)?.version,
        expiresAtMs: expiresAtMs(window, work),
      })),
    );
    const again: PartWork[] = [];
    for (const [at, { work, window }] of folded.entries()) {
      const outcome: PartOutcome = outcomes[at] ?? { kind: 'failed', reason: 'the store gave no outcome' };
      const key = partKeyText(work.key);
      if (outcome.kind === 'committed') {
        cache.put(key, { window, version: outcome.version });
        continue;
      }
      if (outcome.kind === 'refused') cache.share(key);
      else cache.drop(key);
      if (outcome.kind === 'refused' && round < MAX_REFUSALS) {
        refusals += 1;
        again.push(work);
        continue;
      }
      const reason = outcome.kind === 'refused' ? `refused ${round + 1} times` : outcome.reason;
      failures.push(...work.additions.map(({ sequence }) => ({ sequence, reason })));
    }
    pending = again;
  }
  return { failures, reads, writes, refusals };
}

/** Counted from the window's end, and for a window filled long after it from then. */
export function expiresAtMs(
  { end }: Pick<StoredWindow, 'end'>,
  { retentionMs, lastArrivalMs }: Pick<PartWork, 'retentionMs' | 'lastArrivalMs'>,
): number | undefined {
  return retentionMs === undefined ? undefined : Math.max(end, lastArrivalMs) + retentionMs;
}

export function partKeyText({ start, end, part, series }: PartKey): string {
  return `${start} ${end} ${part} ${series}`;
}

/**
 * What is kept of the part. A stale one is refused when it is written; but where it does not know a source whose window
 * merely closes, nothing would be written, and the refusal would not come: that is looked up.
 */
function warm({ key, additions }: PartWork, cache: PartCache): StoredPart | undefined {
  const kept = cache.get(partKeyText(key));
  const knows = ({ source, contribution }: Addition) =>
    contribution.events > 0 || kept?.window.marks.has(source) === true;
  return additions.every(knows) ? kept : undefined;
}

async function load(
  works: readonly PartWork[],
  windows: Windows,
  cache: PartCache,
): Promise<{ readonly bases: Map<PartWork, StoredPart | undefined>; readonly reads: number }> {
  const bases = new Map(works.map((work) => [work, warm(work, cache)]));
  const cold = works.filter((work) => bases.get(work) === undefined);
  if (cold.length === 0) return { bases, reads: 0 };
  const stored = new Map<string, StoredPart>();
  for (const part of await windows.loadParts(cold.map(({ key }) => key))) {
    const { series, start, end, part: number } = part.window;
    if (number !== undefined) stored.set(partKeyText({ series, start, end, part: number }), part);
  }
  for (const work of cold) bases.set(work, stored.get(partKeyText(work.key)));
  return { bases, reads: cold.length };
}
