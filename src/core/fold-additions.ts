// Folds the changes of sources into a part of a rollup window: each change once, and so that the part holds for every source
// exactly what the source itself holds. The digest in a source's mark reveals a change that does not follow what the part holds:
// the source was restored, or erased and begun again, or a change was lost. The part is then rebuilt: from what this source holds
// now and from what is stored of sources that have closed their windows; all other sources add theirs with their next change.
import { isAfter } from './change-place.ts';
import { DIGEST_OF_NOTHING } from './contents-digest.ts';
import { timesOf } from './group-times.ts';
import { PartRoom } from './part-room.ts';
import type { Partiality } from './partiality.ts';
import { mergedPartiality } from './partiality.ts';
import type { Addition, Contribution } from './rollup.ts';
import { PART_CAPACITY } from './rollup-parts.ts';
import type { GroupContents } from './source-window.ts';
import type { Mark, StoredWindow } from './stored-window.ts';
import { isGone, markKey } from './stored-window.ts';
import { EMPTY_GROUP, revisionOf } from './window.ts';

export interface FoldOptions {
  /** Most sources in a part before it is full. */
  readonly capacity?: number;
  /** The number of the part, if there is none yet. */
  readonly part: number;
  /** The window began with this part as its only one. */
  readonly alone?: boolean;
  /** The window had been deleted when this came, so what was in it is missing. */
  readonly incomplete?: boolean;
  /** Sources that closed their windows before the rollup began are missing in it. */
  readonly partial?: Partiality | undefined;
  /** What is stored of sources that have closed their windows, by their marks' keys; undefined: not looked up yet. */
  readonly closed?: ReadonlyMap<string, GroupContents>;
}

/** The result of folding additions into a part of a rollup window. */
export interface FoldedPart<A> {
  /** The part to be written; the given one if nothing has changed. */
  readonly window: StoredWindow | undefined;
  /** Additions of sources for which the part has no room: they go to its branches, once it is stored as full. */
  readonly beyond: readonly A[];
  /** Values for which the part has no room, by the addition that brought them: their events and other values are counted. */
  readonly refused: readonly { readonly addition: A; readonly names: readonly string[] }[];
  /** The part must be rebuilt: call again with what is stored of the sources that have closed their windows. */
  readonly asksForClosed: boolean;
  /** It was rebuilt, and for sources with these marks nothing usable is stored. */
  readonly lost: readonly string[];
}

/**
 * Folds additions into a part, except those whose change is in it already, as its marks show. A part takes new sources until it has
 * `capacity` of them. Then it is full and stays full: sources that are in it stay, others go to a branch.
 */
export function foldAdditions<A extends Addition>(
  base: StoredWindow | undefined,
  additions: readonly A[],
  options: FoldOptions,
): FoldedPart<A> {
  const fold = new PartFold<A>(base, options);
  for (const addition of additions) fold.add(addition);
  return fold.result();
}

/**
 * `begin`: with everything that the source holds. `note`: what is in the part stays, and is the source's present contents.
 * `broken`: it is unknown how the part's contents of the source differ from what they should be.
 */
type Step = 'nothing' | 'begin' | 'difference' | 'anew' | 'note' | 'broken';

class PartFold<A extends Addition> {
  readonly #base: StoredWindow | undefined;
  readonly #options: FoldOptions;
  readonly #capacity: number;
  readonly #marks: Map<string, Mark>;
  readonly #beyond: A[] = [];
  readonly #refused: { readonly addition: A; readonly names: readonly string[] }[] = [];
  /** Contents of sources that close their windows with these additions: they are not stored yet. */
  readonly #closedHere = new Map<string, GroupContents>();
  readonly #lost = new Set<string>();
  #room: PartRoom;
  #full: boolean;
  #raised: number;
  #missed = false;
  /** What was in the window may have been deleted, from this part or with others. */
  #lacksDeleted: boolean;
  #asksForClosed = false;
  #first: A | undefined;
  #partial: Partiality | undefined;

  constructor(base: StoredWindow | undefined, options: FoldOptions) {
    this.#base = base;
    this.#options = options;
    this.#capacity = options.capacity ?? PART_CAPACITY;
    this.#marks = new Map(base?.marks);
    this.#room = new PartRoom(base ?? EMPTY_GROUP);
    this.#full = base?.full === true;
    this.#raised = base?.raised ?? 0;
    this.#lacksDeleted = base === undefined ? options.incomplete === true : base.incomplete === true;
    this.#partial = mergedPartiality(base?.partial, options.partial);
  }

  add(addition: A): void {
    if (this.#asksForClosed) return;
    const { source, contribution } = addition;
    const key = markKey(source);
    const mark = this.#marks.get(key);
    if (mark === undefined && this.#full) {
      if (contribution.isTakenBack !== true) this.#beyond.push(addition);
      return;
    }
    const step = this.#stepOf(mark, addition);
    if (step === 'nothing') return;
    const begun = step === 'difference' ? undefined : contribution.whole();
    if (mark === undefined && begun !== undefined && beginsNothing(begun, contribution)) return;
    this.#noteExpired(addition);
    this.#first ??= addition;
    this.#partial = mergedPartiality(this.#partial, contribution.partial);
    if (step === 'anew' && !this.#beginAnew(key)) return;
    this.#marks.set(key, this.#markOf(mark, addition, step));
    if (step === 'broken') this.#missed = true;
    // Events so far no longer count, or count differently.
    if (step === 'broken' || this.#lost.size > 0)
      this.#partial = mergedPartiality(this.#partial, { sinceMs: addition.madeMs });
    if (step === 'broken' || step === 'note' || contribution.isTakenBack === true) return;
    const { missed } = contribution;
    this.#missed ||= missed === 'always' || (missed === 'if-known' && mark !== undefined && !isEmpty(mark));
    this.#take(addition, begun ?? contribution);
    if (!contribution.open) this.#closedHere.set(key, contribution.whole());
  }

  /** The part begins with it, or other parts of the window may be there no more. */
  #noteExpired({ isExpired = false }: A): void {
    const isBeginning = this.#base === undefined && this.#first === undefined;
    const isAlone = this.#base === undefined ? this.#options.alone === true : this.#base.alone === true;
    if (isExpired && (isBeginning || !isAlone)) this.#lacksDeleted = true;
  }

  #markOf(mark: Mark | undefined, { version, sequence, madeMs, contribution }: A, step: Step): Mark {
    const { open, digests, isPutBack = false, isTakenBack = false } = contribution;
    const since = step === 'anew' || isPutBack || isTakenBack ? { sequence, madeMs } : mark?.since;
    const isOpen = isTakenBack && step !== 'broken' ? false : open;
    const digest = isTakenBack ? DIGEST_OF_NOTHING : digests?.after;
    return {
      version,
      open: isOpen,
      ...(digest === undefined || this.#partial !== undefined ? {} : { digest }),
      ...(since === undefined ? {} : { since }),
    };
  }

  result(): FoldedPart<A> {
    const outcome = { beyond: this.#beyond, refused: this.#refused, lost: [...this.#lost] };
    if (this.#asksForClosed || this.#first === undefined)
      return { ...outcome, window: this.#base, asksForClosed: this.#asksForClosed };
    return { ...outcome, window: this.#window(this.#first.contribution), asksForClosed: false };
  }

  #stepOf(mark: Mark | undefined, addition: A): Step {
    const { version, contribution } = addition;
    const { digests, open, isPutBack = false, isTakenBack = false } = contribution;
    if (mark === undefined) return isTakenBack ? 'nothing' : 'begin';
    // Results of the time before the source was restored do not matter to what it holds now.
    if (mark.since !== undefined && !isAfter(addition, mark.since)) return 'nothing';
    if (isGone(mark)) return isTakenBack ? 'note' : 'begin';
    if (isEmpty(mark)) {
      if (isTakenBack) return 'note';
      return version < mark.version && open && !isPutBack ? 'nothing' : 'begin';
    }
    const { digest } = mark;
    const isSame = digest !== undefined && digest === digests?.after && mark.open === open;
    if (isPutBack || isTakenBack) {
      // A partial window lacks something that its sources hold, so it cannot be rebuilt from them.
      if (this.#partial !== undefined) return 'broken';
      return isSame && !isTakenBack ? 'note' : 'anew';
    }
    if (digest === undefined || digests === undefined || this.#partial !== undefined)
      return version > mark.version ? 'difference' : 'nothing';
    // Different contents may have one digest: the version after the one in the part is always treated as a change.
    if (version > mark.version && digest === digests.before) return 'difference';
    if (isSame) return 'nothing';
    // A redelivered change that was folded in before others. A change that closes a window is the last one for it, and is
    // recognised by its digest.
    return version < mark.version && open ? 'nothing' : 'anew';
  }

  /** @returns false if what is stored of other sources must be looked up first */
  #beginAnew(key: string): boolean {
    const { closed } = this.#options;
    const others = [...this.#marks].filter(([other]) => other !== key);
    const isKnown = others.every(([other, mark]) => mark.open || isGone(mark) || this.#closedHere.has(other));
    if (closed === undefined && !isKnown) {
      this.#asksForClosed = true;
      return false;
    }
    // Every change raises the revision, even one that takes events out.
    this.#raised += revisionOf([this.#room.sum]) + 1;
    this.#room = new PartRoom(EMPTY_GROUP);
    for (const [other, mark] of others) {
      const contents = this.#closedHere.get(other) ?? closed?.get(other);
      if (mark.open) this.#marks.set(other, { ...mark, digest: DIGEST_OF_NOTHING });
      else if (isGone(mark)) continue;
      else if (contents !== undefined) this.#room.add(contents);
      else this.#lost.add(other);
    }
    return true;
  }

  #take(addition: A, contents: GroupContents): void {
    const names = this.#room.add(contents);
    if (names.length > 0) this.#refused.push({ addition, names });
    this.#full ||= this.#marks.size >= this.#capacity || this.#room.isFull;
  }

  #window({ series, start, end }: Contribution): StoredWindow {
    const { part, alone = false } = this.#options;
    const { sum } = this.#room;
    const marks = this.#marks;
    const isIncomplete = this.#missed || this.#lost.size > 0 || this.#lacksDeleted;
    return {
      series,
      start,
      end,
      part,
      marks,
      final: !isIncomplete && marks.size > 0 && [...marks.values()].every(({ open }) => !open),
      ...(this.#full ? { full: true } : {}),
      // A full one may have branches.
      ...(alone && !this.#full ? { alone } : {}),
      ...(isIncomplete ? { incomplete: true } : {}),
      ...(this.#partial === undefined ? {} : { partial: this.#partial }),
      ...(this.#raised === 0 ? {} : { raised: this.#raised }),
      events: sum.events,
      moved: sum.moved,
      // A step that was moved says nothing if none of the values is known.
      metrics: sum.metrics.filter(({ count }) => count > 0),
      fields: sum.fields,
      ...timesOf(sum),
    };
  }
}

/** Nothing of the source is in the part. If its window is open, its next change brings everything. */
function isEmpty({ digest }: Mark): boolean {
  return digest === DIGEST_OF_NOTHING;
}

/** A closing window is the last to report under its tags: what was missed before stays missing. */
function beginsNothing({ events, moved }: GroupContents, { missed }: Contribution): boolean {
  return events + moved === 0 && missed !== 'always';
}
