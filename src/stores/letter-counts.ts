// How many letters of each kind there are, by the items of their table. What became of one whose event was put back stands beside it.
import type { ReasonCode } from '../core/reason-codes.ts';
import { DEAD_LETTERS_TABLE } from '../platform/names.ts';
import { HOLD_REASONS } from './source-states.ts';
import type { Item, ScanPage } from './table.ts';
import { numberOf, textOf } from './table.ts';

export interface LetterCounts {
  readonly quarantined: number;
  readonly late: number;
  /** Quarantined by their sources, whose own books count them. */
  readonly refused: number;
  /** Events with values that do not count. They have a verdict of their own, and stand in no other count here for this. */
  readonly setAside: number;
  /** Events set aside for sources that are held: they have no verdict yet. */
  readonly held: number;
  /** Changes and windows that are missing downstream. They are not part of the books. */
  readonly missing: number;
  /** Events in batches that were given up: they wait, and have no verdict yet. */
  readonly givenUp: number;
  /** Letters whose events were put back: they are in no other count but that of late ones. */
  readonly redriven: number;
}

export const NO_LETTERS: LetterCounts = {
  quarantined: 0,
  late: 0,
  refused: 0,
  setAside: 0,
  held: 0,
  missing: 0,
  givenUp: 0,
  redriven: 0,
};

export const SET_ASIDE: ReasonCode = 'value-set-aside';
export const COUNTED_BY_SOURCE = 'countedBySource';
/** What an item has that says what became of a letter. */
export const FATE = 'became';
export const FATE_MARK = '~fate';
export const VALUES_MARK = '~values';

/** Which count a reason goes into; all others are a quarantine's. */
export const COUNTED_AS: ReadonlyMap<string, keyof LetterCounts> = new Map<string, keyof LetterCounts>([
  ['late', 'late'],
  ['source-full', 'refused'],
  [SET_ASIDE, 'setAside'],
  ...HOLD_REASONS.map((reason) => [reason, 'held'] as const),
  ['given-up', 'givenUp'],
  ['change-unreadable', 'missing'],
  ['rollup-unreadable', 'missing'],
  ['rollup-full', 'missing'],
]);

export function sumOfCounts(a: LetterCounts, b: LetterCounts): LetterCounts {
  const names = Object.keys(NO_LETTERS).filter((name): name is keyof LetterCounts => name in a);
  return Object.fromEntries(names.map((name) => [name, a[name] + b[name]])) as unknown as LetterCounts;
}

export interface CountedPage {
  readonly counts: LetterCounts;
  /** The key that the next page begins after; undefined: this is the last one. */
  readonly next: Item | undefined;
}

/** Whether all are items of one letter: more of it may come. */
export function isOneLetter(items: readonly Item[]): boolean {
  const [first] = items;
  return first !== undefined && items.every((item) => letterOf(item) === letterOf(first));
}

/**
 * Counts the items of a page, up to where the last letter of it begins: what stands beside that one may come on the next page. A table keeps
 * the items of one partition together, by their sort keys (DynamoDB's core components: "stores all the items with the same partition key
 * value physically close together, in sorted order by sort key value"), so that a letter comes before what became of it.
 */
export function countLetters({ items, next }: ScanPage): CountedPage {
  const last = items.at(-1);
  const beginsLast = items.findIndex((item) => last !== undefined && letterOf(item) === letterOf(last));
  const isCut = next !== undefined && beginsLast > 0;
  const counted = isCut ? items.slice(0, beginsLast) : items;
  const heads = new Map(counted.filter(isHead).map((item) => [letterOf(item), item]));
  let counts = NO_LETTERS;
  for (const item of counted) {
    const letter = letterOf(item);
    if (isHead(item)) counts = added(counts, kindOf(item), 1);
    else if (isFate(item)) {
      counts = added(counts, 'redriven', 1);
      const kind = kindBefore(item);
      const head = heads.get(letter);
      // Another letter may have taken the place of the one that was put back, or that one is gone: then it is in no count.
      const isCounted = head !== undefined && kindOf(head) === kind;
      // The letter of one that is late takes the place of the letter before.
      if (isCounted && textOf(item, FATE) !== 'late') counts = added(counts, kind, -1);
    }
  }
  return { counts, next: isCut ? keyOf(counted.at(-1)) : next };
}

function added(counts: LetterCounts, kind: keyof LetterCounts, more: number): LetterCounts {
  return { ...counts, [kind]: counts[kind] + more };
}

/** The parts of a long payload have no reason: the letter counts once. */
function isHead(item: Item): boolean {
  return !isFate(item) && textOf(item, 'reason') !== undefined;
}

function isFate(item: Item): boolean {
  return textOf(item, FATE) !== undefined && textOf(item, 'was') !== undefined;
}

function kindOf(head: Item): keyof LetterCounts {
  const refused = numberOf(head, COUNTED_BY_SOURCE) === undefined ? undefined : 'refused';
  return COUNTED_AS.get(textOf(head, 'reason') ?? '') ?? refused ?? 'quarantined';
}

/** What the letter was counted as that was put back. */
function kindBefore(fate: Item): keyof LetterCounts {
  if (numberOf(fate, 'bySource') !== undefined) return 'refused';
  return COUNTED_AS.get(textOf(fate, 'was') ?? '') ?? 'quarantined';
}

/** One text for all items of a letter. */
function letterOf(item: Item): string {
  const [record = '', event = ''] = [DEAD_LETTERS_TABLE.partitionKey, DEAD_LETTERS_TABLE.sortKey].map(
    (name) => textOf(item, name),
  );
  const whole = event.endsWith(FATE_MARK) ? event.slice(0, -FATE_MARK.length) : event.split('#')[0];
  return JSON.stringify([record, whole]);
}

function keyOf(item: Item | undefined): Item | undefined {
  if (item === undefined) return undefined;
  const names = [DEAD_LETTERS_TABLE.partitionKey, DEAD_LETTERS_TABLE.sortKey];
  return Object.fromEntries(names.map((name) => [name, item[name] ?? { S: '' }]));
}
