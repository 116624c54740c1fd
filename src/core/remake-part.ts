// A part of a rollup window as it is to be, by what its sources hold themselves: for parts whose changes were lost, or whose sources were put
// back where nothing told of it.
import { DIGEST_OF_NOTHING } from './contents-digest.ts';
import { timesOf } from './group-times.ts';
import { PartRoom } from './part-room.ts';
import { mergedPartiality } from './partiality.ts';
import type { Contribution } from './rollup.ts';
import type { Mark, StoredWindow } from './stored-window.ts';
import { isGone } from './stored-window.ts';
import { EMPTY_GROUP, revisionOf } from './window.ts';

/** What a source that is in a part has of the part's window. */
export type Holding =
  /** Its window is open, or stored. `version`: of its state. */
  | { readonly kind: 'held'; readonly contribution: Contribution; readonly version: number | undefined }
  /** It has no such window. */
  | { readonly kind: 'none' }
  /** It has closed its window since the part heard of it last, and what it closed with is not stored. */
  | { readonly kind: 'lost' }
  /** It had closed its window, which is stored no more: the part is all that is left of it. */
  | { readonly kind: 'kept' };

/** @returns the part itself where it is right. `nowMs`: since when it is partial, where something is lost. */
export function remakePart(
  base: StoredWindow,
  holdings: ReadonlyMap<string, Holding>,
  nowMs: number,
): StoredWindow {
  const all = [...base.marks].map(([key, mark]) => ({
    key,
    mark,
    holding: holdings.get(key) ?? KEPT,
  }));
  const isPartial =
    base.partial !== undefined || all.some(({ holding }) => contributionOf(holding)?.partial !== undefined);
  if (isPartial) return withoutOpen(base, all, nowMs);
  const wrong = all.filter(({ mark, holding }) => !isRight(mark, holding));
  const isSumKnown = all.every(({ holding }) => holding.kind === 'held' || holding.kind === 'none');
  if (wrong.length === 0 && (!isSumKnown || eventsOf(all) === base.events)) return base;
  // What is lost cannot be put in; what is there of it stays.
  if (wrong.length > 0 && wrong.every(({ holding }) => holding.kind === 'lost'))
    return withoutOpen(base, all, nowMs);
  return made(base, all, nowMs);
}

interface Place {
  readonly key: string;
  readonly mark: Mark;
  readonly holding: Holding;
}

const KEPT: Holding = { kind: 'kept' };

function contributionOf(holding: Holding): Contribution | undefined {
  return holding.kind === 'held' ? holding.contribution : undefined;
}

function isRight(mark: Mark, holding: Holding): boolean {
  switch (holding.kind) {
    case 'held': {
      const { open, digests } = holding.contribution;
      if (mark.open !== open) return false;
      // A release before kept no digests: what the part was told last is what the source has.
      if (mark.digest === undefined || digests === undefined)
        return !open || mark.version === holding.version;
      return mark.digest === digests.after;
    }
    case 'none':
      return isGone(mark);
    case 'lost':
    case 'kept':
      return !mark.open;
  }
}

function eventsOf(places: readonly Place[]): number {
  return places.reduce((sum, { holding }) => sum + (contributionOf(holding)?.events ?? 0), 0);
}

/** Its contents stay. Who has not got the window open any more has told all that it will tell. */
function withoutOpen(base: StoredWindow, places: readonly Place[], nowMs: number): StoredWindow {
  const ended = places.filter(({ mark, holding }) => mark.open && contributionOf(holding)?.open !== true);
  if (ended.length === 0) return base;
  const marks = new Map(base.marks);
  for (const { key, mark } of ended) marks.set(key, { ...withoutDigest(mark), open: false });
  return {
    ...base,
    marks,
    final: false,
    incomplete: true,
    partial: mergedPartiality(base.partial, { sinceMs: nowMs }) ?? { sinceMs: nowMs },
    raised: (base.raised ?? 0) + 1,
  };
}

function withoutDigest({ version, open, since }: Mark): Mark {
  return { version, open, ...(since === undefined ? {} : { since }) };
}

function made(base: StoredWindow, places: readonly Place[], nowMs: number): StoredWindow {
  const room = new PartRoom(EMPTY_GROUP);
  const marks = new Map<string, Mark>();
  let isLost = false;
  for (const { key, mark, holding } of places) {
    marks.set(key, markOf(mark, holding));
    if (holding.kind === 'held') room.add(holding.contribution.whole());
    else isLost ||= holding.kind !== 'none' && !isGone(mark);
  }
  const { sum } = room;
  const isIncomplete = isLost || base.incomplete === true;
  const partial = isLost ? { sinceMs: nowMs } : undefined;
  const { states: _, weights: __, partial: ___, ...rest } = base;
  return {
    ...rest,
    marks,
    final: !isIncomplete && marks.size > 0 && [...marks.values()].every(({ open }) => !open),
    ...(isIncomplete ? { incomplete: true } : {}),
    ...(partial === undefined ? {} : { partial }),
    // Every change raises the revision, also one that takes events out.
    raised: (base.raised ?? 0) + revisionOf([base]) + 1,
    events: sum.events,
    moved: sum.moved,
    metrics: sum.metrics.filter(({ count }) => count > 0),
    fields: sum.fields,
    ...timesOf(sum),
  };
}

function markOf(mark: Mark, holding: Holding): Mark {
  const { since } = mark;
  const place = since === undefined ? {} : { since };
  if (holding.kind === 'none')
    return { version: mark.version, open: false, digest: DIGEST_OF_NOTHING, ...place };
  if (holding.kind !== 'held') return isGone(mark) ? mark : { ...withoutDigest(mark), open: false };
  const { open, digests } = holding.contribution;
  const version = open ? (holding.version ?? mark.version) : Math.max(mark.version, holding.version ?? 0);
  return { version, open, ...(digests === undefined ? {} : { digest: digests.after }), ...place };
}
