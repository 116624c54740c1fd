// The ids of a source's applied events, for as long as an event with one of them may be a duplicate: the latest in the source's
// item, all others in pages of their own, which are written once, together with the state that lets go of their ids, and read
// only when an event comes that one of them may know.
import type { EpochMs } from './brands.ts';
import { ByteReader } from './byte-reader.ts';
import { ByteWriter } from './byte-writer.ts';
import type { FoldedInto } from './folded-into.ts';
import { fitFolded, INTO_ALL } from './folded-into.ts';
import type { IdKey, IdRun, Occasion } from './id-segments.ts';
import { IdSegments, idKey, isKeptAsNumber } from './id-segments.ts';
import { MAX_ID_PAGES, MAX_PAGE_RANGES, MAX_RECENT_ID_BYTES } from './limits.ts';

/** Pages of consecutive numbers, and the event times in them. */
interface PageRange {
  readonly first: number;
  readonly count: number;
  readonly least: EpochMs;
  readonly greatest: EpochMs;
}

/** What a write does beside the state. */
export interface PageWrites {
  readonly put: readonly { readonly page: number; readonly bytes: Uint8Array }[];
  readonly remove: readonly number[];
}

/** When an id counts as known. */
export interface IdRules {
  /** With an event time not before it an id is known whatever the time it comes with. */
  readonly oldest: EpochMs;
  /** Only with the same time. */
  readonly byTime: boolean;
  /** Whether a window is still open that an event of that time was folded into. */
  readonly isOpen: Occasion;
}

export class RememberedIds {
  #recent = new IdSegments();
  #ranges: PageRange[] = [];
  #nextPage = 0;
  /** Greatest whole number in pages: a greater one is in none. */
  #pagedNumber = -1;
  /** Contents of pages that are at hand. */
  readonly #pages = new Map<number, IdSegments>();
  /** Ids not yet asked for, as they are stored. */
  readonly #packed = new Map<number, PackedPage>();
  /** Made since the latest write. */
  readonly #made: number[] = [];
  /** No longer of use, and not removed yet. */
  #dropped: number[] = [];

  /** Ids in the order they were applied: for forms of the state before the present one. */
  static from(entries: Iterable<readonly [id: string | number, time: EpochMs]>): RememberedIds {
    const ids = new RememberedIds();
    for (const [id, time] of entries) ids.#recent.add(idKey(id), time, INTO_ALL);
    return ids;
  }

  /** @throws Error where a page is not at hand that may know the id: see `pagesFor` */
  has(id: string | number, time: EpochMs, { oldest, byTime, isOpen }: IdRules): boolean {
    const key = idKey(id);
    const known: Occasion = (then, folded) =>
      (then >= oldest && (!byTime || then === time)) || (then === time && isOpen(then, folded));
    if (this.#recent.some(key, known)) return true;
    if (!this.#mayBePaged(key)) return false;
    return this.#ranges.some(
      (range) =>
        mayKnow(range, { time, oldest, byTime }) &&
        pagesOf(range).some((page) => this.#page(page).some(key, known)),
    );
  }

  /** The pages that must be at hand before `has` is asked. */
  pagesFor(id: string | number, time: EpochMs, rules: Omit<IdRules, 'isOpen'>): number[] {
    if (!this.hasPages || !this.#mayBePaged(idKey(id))) return [];
    return this.#ranges
      .filter((range) => mayKnow(range, { time, ...rules }))
      .flatMap(pagesOf)
      .filter((page) => !this.#pages.has(page) && !this.#packed.has(page));
  }

  /** undefined: the page is not there. That is so for a state that is behind, whose write will be refused. */
  takePage(page: number, bytes: Uint8Array | undefined, aggregations: readonly string[]): void {
    this.#pages.set(page, bytes === undefined ? new IdSegments() : decodePage(bytes, aggregations));
  }

  /** Has a page at hand again that was before: it is decoded once it is asked of. */
  keepPage(page: number, bytes: Uint8Array, aggregations: readonly string[]): void {
    this.#packed.set(page, { bytes, aggregations });
  }

  /** The pages at hand as they are stored, by number. */
  pagesAtHand(aggregations: readonly string[]): ReadonlyMap<number, Uint8Array> {
    if (this.#pages.size + this.#packed.size === 0) return NO_PAGES;
    const pages = new Map<number, Uint8Array>();
    for (const [page, { bytes }] of this.#packed) pages.set(page, bytes);
    for (const [page, ids] of this.#pages) pages.set(page, encodePage(ids, aggregations));
    return pages;
  }

  /** What the pages at hand take as they are stored, about. */
  get pageBytes(): number {
    let total = 0;
    for (const { bytes } of this.#pages.values()) total += bytes;
    for (const { bytes } of this.#packed.values()) total += bytes.length;
    return total;
  }

  /** Whether the id is a number above all that are remembered, as that of a counter nearly always is: it is new, and `has` need not be asked. */
  isAhead(id: string | number): boolean {
    return (
      typeof id === 'number' &&
      id > this.#recent.greatestNumber &&
      id > this.#pagedNumber &&
      isKeptAsNumber(id)
    );
  }

  /** Call only after `has` said no, and `tidy` after it when `isTidyDue`. */
  add(id: string | number, time: EpochMs, folded: FoldedInto): void {
    if (typeof id === 'number' && isKeptAsNumber(id) && this.#recent.extendRun(id, time, folded)) return;
    this.#recent.add(idKey(id), time, folded);
  }

  get isTidyDue(): boolean {
    return this.#recent.bytes >= MAX_RECENT_ID_BYTES;
  }

  /**
   * Forgets the recent ids that are of no use any more, and makes a page of the others where they are many. When it is due and what it
   * does depend on the ids alone, in the order they came, and on what is of use: never on batches.
   */
  tidy({ isOfUse, from }: Usefulness): void {
    this.#recent = this.#recent.keeping(isOfUse);
    this.forgetPages(from);
    if (this.#recent.bytes * 2 >= MAX_RECENT_ID_BYTES) this.#turnPage();
  }

  /** Lets go of the pages that hold nothing of `from` or later. */
  forgetPages(from: EpochMs): void {
    for (const range of this.#ranges) {
      if (range.greatest >= from) continue;
      for (const page of pagesOf(range)) {
        this.#letGo(page);
        const made = this.#made.indexOf(page);
        if (made < 0) this.#dropped.push(page);
        else this.#made.splice(made, 1);
      }
    }
    this.#ranges = this.#ranges.filter(({ greatest }) => greatest >= from);
    if (this.#ranges.length === 0) this.#pagedNumber = -1;
  }

  get hasPages(): boolean {
    return this.#ranges.length > 0;
  }

  get isFull(): boolean {
    return this.#pageCount() >= MAX_ID_PAGES;
  }

  /** Whether so much is to be written beside the state that the state had better be written first. */
  get hasManyPagesToWrite(): boolean {
    return this.#made.length >= MAX_PAGES_A_WRITE;
  }

  /** Ids remembered in the item itself, and pages. */
  get size(): { readonly recent: number; readonly pages: number } {
    let recent = 0;
    this.#recent.each(() => {
      recent += 1;
    });
    return { recent, pages: this.#pageCount() };
  }

  /** The whole numbers in the item itself: those above `pagedNumber` are all that are remembered. */
  eachRun(take: (run: IdRun) => void): void {
    this.#recent.eachRun(take);
  }

  /** Greatest whole number in pages; -1 if there is none. */
  get pagedNumber(): number {
    return this.#pagedNumber;
  }

  get hasHadPages(): boolean {
    return this.#nextPage > 0;
  }

  /** What the next write is to do beside the state; `encode` after it says that it is done. Pages before `keptFrom` need not stay at hand. */
  takeWrites(keptFrom: EpochMs, aggregations: readonly string[]): PageWrites {
    // Nearly always: a counter's ids fit the state itself.
    if (this.#made.length + this.#dropped.length + this.#ranges.length === 0) return NO_WRITES;
    const put = this.#made.map((page) => ({ page, bytes: encodePage(this.#page(page), aggregations) }));
    this.#made.length = 0;
    const remove = this.#dropped.splice(0, MAX_REMOVED_A_WRITE);
    for (const range of this.#ranges) {
      if (range.greatest < keptFrom) for (const page of pagesOf(range)) this.#letGo(page);
    }
    return { put, remove };
  }

  encode(writer: ByteWriter): void {
    this.#recent.encode(writer);
    writer.varint(this.#nextPage);
    writer.varint(this.#pagedNumber + 1);
    writer.varint(this.#ranges.length);
    let page = 0;
    let time = 0;
    for (const { first, count, least, greatest } of this.#ranges) {
      writer.varint(first - page);
      writer.varint(count);
      writer.signed(least - time);
      writer.varint(greatest - least);
      page = first + count;
      time = greatest;
    }
    writer.varint(this.#dropped.length);
    for (const dropped of this.#dropped) writer.varint(dropped);
  }

  static decode(reader: ByteReader, asNow: (folded: FoldedInto) => FoldedInto): RememberedIds {
    const ids = new RememberedIds();
    ids.#recent = IdSegments.decode(reader, asNow);
    ids.#nextPage = reader.varint();
    ids.#pagedNumber = reader.varint() - 1;
    let page = 0;
    let time = 0;
    ids.#ranges = Array.from({ length: reader.varint() }, () => {
      const first = page + reader.varint();
      const count = reader.varint();
      const least = time + reader.signed();
      const greatest = least + reader.varint();
      page = first + count;
      time = greatest;
      return { first, count, least, greatest };
    });
    ids.#dropped = Array.from({ length: reader.varint() }, () => reader.varint());
    return ids;
  }

  /** For comparing: the recent ids that are of use, with their times, and the entries about pages. */
  view(isOfUse: Occasion): unknown {
    const recent: unknown[] = [];
    this.#recent.each(({ number, high, low }, time, folded) => {
      if (isOfUse(time, folded)) recent.push([number ?? `${high}:${low}`, time]);
    });
    return { recent, ranges: this.#ranges, nextPage: this.#nextPage };
  }

  #mayBePaged({ number }: IdKey): boolean {
    return number === undefined || number <= this.#pagedNumber;
  }

  #page(page: number): IdSegments {
    const found = this.#pages.get(page) ?? this.#unpack(page);
    if (found === undefined) throw new Error(`page ${page} of remembered ids is asked for and not at hand`);
    return found;
  }

  #unpack(page: number): IdSegments | undefined {
    const packed = this.#packed.get(page);
    if (packed === undefined) return undefined;
    const ids = decodePage(packed.bytes, packed.aggregations);
    this.#packed.delete(page);
    this.#pages.set(page, ids);
    return ids;
  }

  #letGo(page: number): void {
    this.#pages.delete(page);
    this.#packed.delete(page);
  }

  #turnPage(): void {
    const page = this.#nextPage;
    const { least, greatest, greatestNumber } = this.#recent;
    this.#nextPage += 1;
    this.#pages.set(page, this.#recent);
    this.#made.push(page);
    if (greatestNumber > this.#pagedNumber) this.#pagedNumber = greatestNumber;
    this.#ranges.push({ first: page, count: 1, least, greatest });
    this.#recent = new IdSegments();
    if (this.#ranges.length > MAX_PAGE_RANGES) this.#joinRanges();
  }

  /** Merges neighbours in the older half into one range: the entries about pages stay short, and become less exact with age. */
  #joinRanges(): void {
    const half = Math.floor(this.#ranges.length / 2);
    const joined: PageRange[] = [];
    let isPair = false;
    for (const range of this.#ranges.slice(0, half)) {
      const before = joined.at(-1);
      isPair = !isPair && before !== undefined && before.first + before.count === range.first;
      if (isPair && before !== undefined) joined[joined.length - 1] = join(before, range);
      else joined.push(range);
    }
    this.#ranges = [...joined, ...this.#ranges.slice(half)];
  }

  #pageCount(): number {
    return this.#ranges.reduce((sum, { count }) => sum + count, 0);
  }
}

interface PackedPage {
  readonly bytes: Uint8Array;
  /** Those of the pipeline that it is read for. */
  readonly aggregations: readonly string[];
}

const NO_PAGES: ReadonlyMap<number, Uint8Array> = new Map();
const NO_WRITES: PageWrites = { put: [], remove: [] };

/** What an id is still good for. */
export interface Usefulness {
  /** Whether an event applied then may still make another a duplicate. */
  readonly isOfUse: Occasion;
  /** None before it may. */
  readonly from: EpochMs;
}

/** Pages put, and removed, in the one transaction of a write: it may hold 100 items. */
const MAX_PAGES_A_WRITE = 40;
const MAX_REMOVED_A_WRITE = 50;

/** With the aggregations that its ids were folded into, since it is read under later pipelines too. */
function encodePage(ids: IdSegments, aggregations: readonly string[]): Uint8Array {
  PAGE.clear();
  PAGE.byte(PAGE_VERSION);
  PAGE.varint(aggregations.length);
  for (const aggregation of aggregations) PAGE.text(aggregation);
  ids.encode(PAGE);
  return PAGE.finish().slice();
}

function decodePage(bytes: Uint8Array, aggregations: readonly string[]): IdSegments {
  const reader = new ByteReader(bytes);
  const version = reader.byte();
  if (version !== PAGE_VERSION)
    throw new Error(`page of remembered ids: found encoding version ${version}, expected ${PAGE_VERSION}`);
  const from = Array.from({ length: reader.varint() }, () => reader.text());
  return IdSegments.decode(reader, fitFolded(from, aggregations));
}

const PAGE_VERSION = 1;

/** Written to and emptied within one call. */
const PAGE = new ByteWriter();

function pagesOf({ first, count }: PageRange): number[] {
  return Array.from({ length: count }, (_, at) => first + at);
}

function mayKnow(
  { least, greatest }: PageRange,
  { time, oldest, byTime }: { readonly time: EpochMs } & Omit<IdRules, 'isOpen'>,
): boolean {
  return (least <= time && time <= greatest) || (!byTime && greatest >= oldest);
}

function join(a: PageRange, b: PageRange): PageRange {
  return {
    first: a.first,
    count: a.count + b.count,
    least: Math.min(a.least, b.least),
    greatest: Math.max(a.greatest, b.greatest),
  };
}
