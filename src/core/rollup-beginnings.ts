// Since when each rollup is made: a window that some source may have closed before lacks what that held.
import type { EpochMs } from './brands.ts';
import { mergedPartiality, type Partiality } from './partiality.ts';
import type { Aggregation, Pipeline, Rollup } from './pipeline/pipeline.ts';
import { hashText } from './text-hash.ts';
import { specText, type WindowBounds } from './window-spec.ts';

export interface KnownRollup {
  /** What tells it from others: see `rollupText`. */
  readonly text: string;
  /** By the clock of who began it; undefined: since there has been anything to be rolled up. */
  readonly sinceMs: EpochMs | undefined;
  /**
   * Since when its sources tell events apart by all of its tags; undefined: since it is made, and before. What a source's window held then belongs into one of
   * the rollup's series, and it is not known which.
   */
  readonly apartSinceMs?: EpochMs;
  /** One of the same name was made by other tags, or of other windows, before: what that holds is not told again. */
  readonly isRenewed?: true;
  /** It is no longer computed. */
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
    const apart = apartSince(text, [...made.values()], nowMs);
    return made.get(text) ?? { text, sinceMs: nowMs, ...apart, ...(isRenewed ? { isRenewed } : {}) };
  });
  const gone = noted.filter(({ text }) => !texts.includes(text)).slice(0, MOST_GONE);
  return [...now, ...gone.map(({ text, sinceMs }): KnownRollup => ({ text, sinceMs, isGone: true }))];
}

/** Twice as many as a pipeline may have. */
const MOST_GONE = 64;

/** An aggregation tells events apart by the tags that its rollups ask for: by those of one that begins only where others had asked for them. */
function apartSince(
  text: string,
  made: readonly KnownRollup[],
  nowMs: EpochMs,
): Pick<KnownRollup, 'apartSinceMs'> {
  const { source, tags } = partsOf(text);
  const others = made.map((each) => ({ ...partsOf(each.text), apartSinceMs: each.apartSinceMs ?? 0 }));
  const since = [...tags].map((tag) =>
    Math.min(
      nowMs,
      ...others
        .filter((other) => other.source === source && other.tags.has(tag))
        .map(({ apartSinceMs }) => apartSinceMs),
    ),
  );
  const apartSinceMs = Math.max(0, ...since);
  return apartSinceMs === 0 ? {} : { apartSinceMs };
}

function nameOf(text: string): unknown {
  return partsOf(text).name;
}

/** `source`: the aggregation and its windows. */
function partsOf(text: string): {
  readonly name: unknown;
  readonly source: string;
  readonly tags: ReadonlySet<unknown>;
} {
  const [name, of, spec, levels]: readonly unknown[] = JSON.parse(text);
  return {
    name,
    source: JSON.stringify([of, spec]),
    tags: new Set(Array.isArray(levels) ? levels.flat() : []),
  };
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

/**
 * What windows lack: of the sources that had closed theirs when the rollup began, and of those whose events were not told apart by its tags until
 * then.
 */
export function lackingIn(
  { sinceMs, apartSinceMs }: KnownRollup,
  { allowedLatenessMs }: Pick<Aggregation, 'allowedLatenessMs'>,
  { start, end, maxClockSkewMs }: WindowBounds & Pick<Pipeline, 'maxClockSkewMs'>,
): Partiality | undefined {
  const closed =
    sinceMs === undefined || end + allowedLatenessMs > sinceMs + CLOCKS_APART_MS ? undefined : { sinceMs };
  const mixed =
    apartSinceMs === undefined || start > apartSinceMs + maxClockSkewMs + CLOCKS_APART_MS
      ? undefined
      : { sinceMs: apartSinceMs };
  return mergedPartiality(closed, mixed);
}

/** The clocks of two machines, the closer's and who began the rollup. */
const CLOCKS_APART_MS = 2_000;
