// Folds contributions into the parts of rollup windows and commits each part once a batch, under the version loaded.
import type { SequenceNumber } from '../../src/core/brands.ts';
import type { FoldedPart, FoldOptions } from '../../src/core/fold-additions.ts';
import { foldAdditions } from '../../src/core/fold-additions.ts';
import type { Pipeline } from '../../src/core/pipeline/pipeline.ts';
import type { Addition } from '../../src/core/rollup.ts';
import { branchOf, firstPartOf, PART_CAPACITY } from '../../src/core/rollup-parts.ts';
import type { StoredWindow } from '../../src/core/stored-window.ts';
import { markKey } from '../../src/core/stored-window.ts';
import type { PartOutcome, Spread, StoredPart, WindowKey, Windows } from '../../src/stores/windows.ts';
import { closedContents } from './closed-contents.ts';
import type { PartCache } from './part-cache.ts';
import { partKeyText } from './part-cache.ts';
import type { Patience } from './patience.ts';
import type { SpreadCache } from './spread-cache.ts';
import { loadSpreads } from './spread-cache.ts';
import { hasExpired, type WindowWork } from './window-work.ts';

export interface PartReport {
  readonly failures: readonly { readonly sequence: SequenceNumber; readonly reason: string }[];
  /** What is in no part, since its part cannot be read or has no room. */
  readonly missing: readonly MissingAddition[];
  readonly reads: number;
  readonly writes: number;
  readonly refusals: number;
  /** Parts that were made anew, since a source in them has another past than the one that was folded in. */
  readonly madeAnew: number;
}

/** An addition, or some of its values, that a part could not take: however often it is tried. */
export interface MissingAddition {
  readonly reason: 'rollup-unreadable' | 'rollup-full';
  readonly detail: string;
  readonly addition: Addition;
  readonly part: number;
  /** undefined: all of it. */
  readonly names?: readonly string[];
}

/** Waits before a part that was refused is tried again; `round` is 1 for the first time. */
export type RetryPause = (round: number) => Promise<void>;

export interface PartDeps {
  readonly windows: Windows;
  readonly pipeline: Pipeline;
  /** With windows of other sources that are not stored yet. */
  readonly patience: Patience;
  readonly cache: PartCache;
  readonly spreads: SpreadCache;
  readonly retryPause: RetryPause;
  /** Sources a part takes before it is full. Default: PART_CAPACITY. */
  readonly partCapacity?: number | undefined;
}

/** How often a refused part is folded again: sources of several changelog shards may meet in one. */
const MAX_REFUSALS = 10;

/** Additions on their way to the part that holds their sources, or will. */
interface PartWork {
  readonly window: WindowWork;
  readonly spread: Spread;
  readonly part: number;
  readonly additions: readonly Addition[];
  readonly refusals: number;
}

export async function commitParts(works: readonly WindowWork[], deps: PartDeps): Promise<PartReport> {
  const run = new PartRun(deps);
  await run.commit(works);
  return run;
}

class PartRun implements PartReport {
  readonly failures: { sequence: SequenceNumber; reason: string }[] = [];
  readonly missing: MissingAddition[] = [];
  reads = 0;
  writes = 0;
  refusals = 0;
  madeAnew = 0;
  readonly #deps: PartDeps;
  /** From the cache: somebody else may have written them since. */
  readonly #kept = new WeakSet<StoredPart>();

  constructor(deps: PartDeps) {
    this.#deps = deps;
  }

  async commit(works: readonly WindowWork[]): Promise<void> {
    let pending = await this.#firstParts(works);
    while (pending.length > 0) {
      const round = Math.max(...pending.map(({ refusals }) => refusals));
      if (round > 0) await this.#deps.retryPause(round);
      const { settled, bases } = await this.#descend(pending);
      pending = await this.#write(settled, bases);
    }
  }

  async #firstParts(works: readonly WindowWork[]): Promise<readonly PartWork[]> {
    const spreads = await loadSpreads(works, this.#deps);
    this.reads += spreads.reads;
    return works.flatMap((window, at) => {
      const spread = spreads.of[at] ?? { failed: 'the store gave no outcome' };
      if ('failed' in spread) {
        this.#fail(window.additions, spread.failed);
        return [];
      }
      const byPart = Map.groupBy(window.additions, ({ source }) => firstPartOf(source, spread.parts));
      return [...byPart].map(([part, additions]) => ({ window, spread, part, additions, refusals: 0 }));
    });
  }

  /** Follows the branches of full parts, whose sources do not change any more, to where each addition belongs. */
  async #descend(works: readonly PartWork[]): Promise<{
    readonly settled: readonly PartWork[];
    readonly bases: ReadonlyMap<PartWork, StoredPart | undefined>;
  }> {
    const bases = new Map<PartWork, StoredPart | undefined>();
    const settled: PartWork[] = [];
    for (let level = works; level.length > 0; ) {
      const below: PartWork[] = [];
      const here = level.flatMap((work) => {
        const sources = this.#deps.cache.sourcesOfFull(partKeyOf(work));
        if (sources === undefined) return [work];
        const parted = split(work, sources);
        below.push(...parted.branches);
        return parted.here.additions.length === 0 ? [] : [parted.here];
      });
      const { found: loaded, unreadable } = await this.#load(here);
      for (const work of here) {
        const detail = unreadable.get(partKeyOf(work));
        if (detail !== undefined) {
          this.#miss(work, 'rollup-unreadable', detail);
          continue;
        }
        const base = loaded.get(partKeyOf(work));
        const parted = base?.window.full === true ? split(work, base.window.marks) : undefined;
        below.push(...(parted?.branches ?? []));
        const rest = parted?.here ?? work;
        if (rest.additions.length === 0) continue;
        settled.push(rest);
        bases.set(rest, base);
      }
      level = below;
    }
    return { settled, bases };
  }

  async #load(works: readonly PartWork[]): Promise<{
    readonly found: ReadonlyMap<string, StoredPart>;
    readonly unreadable: ReadonlyMap<string, string>;
  }> {
    const { cache, windows } = this.#deps;
    const found = new Map<string, StoredPart>();
    const cold: PartWork[] = [];
    for (const work of works) {
      const kept = cache.get(partKeyOf(work));
      if (kept === undefined) cold.push(work);
      else {
        this.#kept.add(kept);
        found.set(partKeyOf(work), kept);
      }
    }
    if (cold.length === 0) return { found, unreadable: NONE };
    this.reads += cold.length;
    const stored = await windows.loadParts(cold.map(({ window, part }) => ({ ...window.key, part })));
    for (const part of stored.parts) {
      const key = partKeyText({ ...part.window, part: part.window.part ?? 0 });
      found.set(key, part);
      cache.noteFull(key, part);
    }
    const unreadable = new Map(stored.unreadable.map(({ key, reason }) => [partKeyText(key), reason]));
    return { found, unreadable };
  }

  /** @returns what has to be done again: refused, or beyond a part that is full only now */
  async #write(
    works: readonly PartWork[],
    bases: ReadonlyMap<PartWork, StoredPart | undefined>,
  ): Promise<readonly PartWork[]> {
    const folded: PartFolded[] = [];
    for (const work of works) {
      const each = await this.#fold(work, bases.get(work));
      if (each !== undefined) folded.push(each);
    }
    const changed = folded.flatMap((each) =>
      each.window === undefined || each.window === each.base?.window
        ? []
        : [{ ...each, window: each.window }],
    );
    // What changes nothing writes nothing: nobody would find out that the part at hand is not the one that is stored.
    const unsure = folded.filter(
      ({ window, base }) => window === base?.window && base && this.#kept.has(base),
    );
    for (const { work } of unsure) this.#deps.cache.drop(partKeyOf(work));
    const again = unsure.map(({ work }) => work);
    if (changed.length === 0) return again;
    this.writes += changed.length;
    const outcomes = await this.#deps.windows.commitParts(
      changed.map(({ work, window, base }) => ({
        window,
        expectedVersion: base?.version,
        expiresAtMs: partExpiresAtMs(window, work.window),
      })),
    );
    return [
      ...again,
      ...changed.flatMap(({ work, window, beyond, refused }, at) => {
        const outcome: PartOutcome = outcomes[at] ?? { kind: 'failed', reason: 'the store gave no outcome' };
        return this.#take(outcome, work, { window, beyond, refused });
      }),
    ];
  }

  /** @returns undefined where it failed */
  async #fold(work: PartWork, base: StoredPart | undefined): Promise<PartFolded | undefined> {
    const { part, spread, additions, window: of } = work;
    const options: FoldOptions = {
      part,
      capacity: this.#deps.partCapacity ?? PART_CAPACITY,
      alone: spread.parts === 1 && part === 0,
      incomplete: spread.incomplete,
      partial: of.partial,
    };
    const folded = foldAdditions(base?.window, additions, options);
    if (!folded.asksForClosed || base === undefined) {
      if ((folded.window?.raised ?? 0) > (base?.window.raised ?? 0)) this.madeAnew += 1;
      return { ...folded, work, base };
    }
    this.reads += 1;
    try {
      const closed = await closedContents(base.window, this.#deps);
      const anew = foldAdditions(base.window, additions, { ...options, closed });
      if (anew.lost.length > 0 && !this.#isLostForGood(work)) {
        this.#fail(additions, `the windows of ${anew.lost.length} sources in it are not stored yet`);
        return undefined;
      }
      this.madeAnew += 1;
      return { ...anew, work, base };
    } catch (error) {
      this.#fail(additions, String(error));
      return undefined;
    }
  }

  #isLostForGood(work: PartWork): boolean {
    const keptUntilMs = expiresAtMs(work.window.key, work.window) ?? Number.POSITIVE_INFINITY;
    return this.#deps.patience.isOver(partKeyOf(work), keptUntilMs);
  }

  #take(
    outcome: PartOutcome,
    work: PartWork,
    { window, beyond, refused }: Pick<PartFolded, 'beyond' | 'refused'> & { readonly window: StoredWindow },
  ): readonly PartWork[] {
    const { cache } = this.#deps;
    const key = partKeyOf(work);
    if (outcome.kind === 'committed') {
      cache.put(key, { window, version: outcome.version });
      for (const { addition, names } of refused) {
        const detail = `a part of ${window.series} has no room for ${names.length} further value names`;
        this.missing.push({ reason: 'rollup-full', detail, addition, part: work.part, names });
      }
      // It is stored as full: now its branches may take them.
      return beyond.length === 0 ? [] : [{ ...work, additions: beyond }];
    }
    if (outcome.kind === 'refused') cache.share(key);
    else cache.drop(key);
    if (outcome.kind === 'refused' && work.refusals < MAX_REFUSALS) {
      this.refusals += 1;
      return [{ ...work, refusals: work.refusals + 1 }];
    }
    if (outcome.kind === 'failed' && outcome.tooLarge === true) {
      this.#miss(work, 'rollup-full', outcome.reason);
      return [];
    }
    const reason = outcome.kind === 'refused' ? `refused ${work.refusals + 1} times` : outcome.reason;
    this.#fail(work.additions, reason);
    return [];
  }

  #miss({ additions, part }: PartWork, reason: MissingAddition['reason'], detail: string): void {
    this.missing.push(...additions.map((addition) => ({ reason, detail, addition, part })));
  }

  #fail(additions: readonly Addition[], reason: string): void {
    this.failures.push(...additions.map(({ sequence }) => ({ sequence, reason })));
  }
}

interface PartFolded extends FoldedPart<Addition> {
  readonly work: PartWork;
  readonly base: StoredPart | undefined;
}

const NONE: ReadonlyMap<string, string> = new Map();

/** What belongs into a full part itself, and what into its branches. */
function split(
  work: PartWork,
  sources: { has(markKey: string): boolean },
): { readonly here: PartWork; readonly branches: readonly PartWork[] } {
  const isHere = ({ source }: Addition) => sources.has(markKey(source));
  const beyond = Map.groupBy(
    work.additions.filter((addition) => !isHere(addition)),
    ({ source }) => branchOf(source, work.part),
  );
  return {
    here: { ...work, additions: work.additions.filter(isHere) },
    branches: [...beyond].map(([part, additions]) => ({ ...work, part, additions })),
  };
}

function partKeyOf({ window, part }: Pick<PartWork, 'window' | 'part'>): string {
  return partKeyText({ ...window.key, part });
}

/**
 * All parts of a window that are filled in time expire at once, so that none of them stays behind as if it were all. A window that is
 * filled later is not final, unless it is in its only part.
 */
export function partExpiresAtMs(
  key: WindowKey,
  { retentionMs, lastArrivalMs }: Pick<WindowWork, 'retentionMs' | 'lastArrivalMs'>,
): number | undefined {
  if (retentionMs === undefined) return undefined;
  return (hasExpired(key, retentionMs, lastArrivalMs) ? lastArrivalMs : key.end) + retentionMs;
}

/** Counted from the window's end, and for a window filled long after it from then. */
export function expiresAtMs(
  { end }: { readonly end: number },
  { retentionMs, lastArrivalMs }: Pick<WindowWork, 'retentionMs' | 'lastArrivalMs'>,
): number | undefined {
  return retentionMs === undefined ? undefined : Math.max(end, lastArrivalMs) + retentionMs;
}
