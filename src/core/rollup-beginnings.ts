// Since when each rollup is made: a window that some source may have closed before lacks what that held.
import type { EpochMs } from './brands.ts';
import type { Partiality } from './partiality.ts';
import type { Aggregation, Pipeline, Rollup } from './pipeline/pipeline.ts';
import { hashText } from './text-hash.ts';
import { specText } from './window-spec.ts';

export interface KnownRollup {
  /** What tells it from others: see `rollupText`. */
  readonly text: string;
  /** By the clock of who began it; undefined: since there has been anything to be rolled up. */
  readonly sinceMs: EpochMs | undefined;
  /** One of the same name was made by other tags, or of other windows, before: what that holds is not told again. */
  readonly isRenewed?: true;
  /** It is made no more. */
  readonly isGone?: true;
}

/** Its name, its tags, and the windows it is of. */
export function rollupText({ name, of, levels }: Rollup, { aggregations }: Pipeline): string {
  const aggregation = aggregations.find((each) => each.name === of);
  return JSON.stringify([name, of, aggregation === undefined ? '' : specText(aggregation.window), levels]);
}

/** Stands for a rollup in the windows that were folded into it: 21 bits, three bytes. */
export function rollupMark(rollup: Rollup, pipeline: Pipeline): number {
  return hashText(rollupText(rollup, pipeline)).low % 2 ** 21;
}

/**
 * The rollups that are made from now on, where a pipeline comes upon those noted: what it does not have is made no more, what it has
 * newly begins now. Gives the list itself where nothing changes.
 * @param noted undefined where nothing has ever been noted: all there are have been there from the beginning
 */
export function begin(
  noted: readonly KnownRollup[] | undefined,
  pipeline: Pipeline,
  nowMs: EpochMs,
): readonly KnownRollup[] {
  const texts = [...new Set(pipeline.rollups.map((rollup) => rollupText(rollup, pipeline)))];
  if (noted === undefined) return texts.map((text) => ({ text, sinceMs: undefined }));
  const made = new Map(noted.filter(({ isGone }) => isGone !== true).map((each) => [each.text, each]));
  if (made.size === texts.length && texts.every((text) => made.has(text))) return noted;
  const now = texts.map((text): KnownRollup => {
    const isRenewed = noted.some((each) => each.text !== text && nameOf(each.text) === nameOf(text));
    return made.get(text) ?? { text, sinceMs: nowMs, ...(isRenewed ? { isRenewed } : {}) };
  });
  const gone = noted.filter(({ text }) => !texts.includes(text)).slice(0, MOST_GONE);
  return [...now, ...gone.map(({ text, sinceMs }): KnownRollup => ({ text, sinceMs, isGone: true }))];
}

/** Twice as many as a pipeline may have. */
const MOST_GONE = 64;

function nameOf(text: string): unknown {
  const parts: unknown = JSON.parse(text);
  return Array.isArray(parts) ? parts[0] : undefined;
}

/**
 * What a contribution may bring to a rollup that another one of its name came before: of a change made before that nothing, since it has been told; of
 * a window that had begun by then what is new alone.
 */
export function telling(
  rollup: KnownRollup,
  {
    madeMs,
    startMs,
    maxClockSkewMs,
  }: { readonly madeMs: EpochMs; readonly startMs: EpochMs; readonly maxClockSkewMs: number },
): 'all' | 'what is new' | 'nothing' {
  const { sinceMs, isRenewed } = rollup;
  if (sinceMs === undefined || isRenewed !== true) return 'all';
  // Changes are dated to the second.
  if (madeMs < sinceMs) return 'nothing';
  return startMs > sinceMs + maxClockSkewMs + CLOCKS_APART_MS ? 'all' : 'what is new';
}

/** What windows lack of the sources that had closed theirs when the rollup began. */
export function lackingIn(
  rollup: KnownRollup,
  { allowedLatenessMs }: Pick<Aggregation, 'allowedLatenessMs'>,
  { end }: { readonly end: EpochMs },
): Partiality | undefined {
  const { sinceMs } = rollup;
  return sinceMs === undefined || end + allowedLatenessMs > sinceMs + CLOCKS_APART_MS
    ? undefined
    : { sinceMs };
}

/** The clocks of two machines, the closer's and who began the rollup. */
const CLOCKS_APART_MS = 2_000;
