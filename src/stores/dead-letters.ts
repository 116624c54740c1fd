// Where quarantined and late events are kept, and values that were set aside, with payload, reason and coordinates. The key
// is the coordinates, so writing one twice is writing it once.

import { createHash } from 'node:crypto';
import type { SequenceNumber, ShardId } from '../core/brands.ts';
import type { Coordinates } from '../core/event.ts';
import { DEAD_LETTERS_TABLE } from '../platform/names.ts';
import type { HeldEvent, Holding } from './held-events.ts';
import { heldAgain, heldItem, heldKey, heldPartition, isHeld, readHeld } from './held-events.ts';
import type { CountedPage, LetterCounts } from './letter-counts.ts';
import {
  COUNTED_BY_SOURCE,
  countLetters,
  FATE,
  FATE_MARK,
  isOneLetter,
  NO_LETTERS,
  SET_ASIDE,
  sumOfCounts,
  VALUES_MARK,
} from './letter-counts.ts';
import { type LetterKey, streamMark } from './letter-key.ts';
import type { RedrivenLetter } from './source-states.ts';
import { StoreError } from './store-error.ts';
import type { Item, ScanPage, ScanRequest, Table, VersionedWrite } from './table.ts';
import { number, numberOf, text, textOf } from './table.ts';

export interface DeadLetter {
  readonly at: Coordinates;
  /** A reason code; `late`, `source-full` and `value-set-aside` for events that were valid. */
  readonly reason: string;
  /** What was found, what was expected, and where. */
  readonly detail: string;
  /** Where the event got far enough to show one. */
  readonly source: string | undefined;
  /** When its record arrived in the stream. */
  readonly arrivalMs: number;
  readonly payload: { readonly encoding: string; readonly body: string };
  /**
   * What tells it from others of its place, where that is no event's: it is kept under this and its reason, so that what is wrong for
   * long is told once.
   */
  readonly apart?: string;
  /** ARN of its stream, where that matters: a position is one in a stream. */
  readonly stream?: string;
  /** Its source's own books count it as quarantined, so the letters are not asked for it. */
  readonly countedBySource?: true;
  /** Among the letters that its source has handed on, from 1. */
  readonly number?: number;
  /** Its event was put back: it takes the place of the letter before, and that one's number. */
  readonly keepsNumber?: true;
  /** Where it stands, if a release before put it there that did not tell streams apart. */
  readonly key?: LetterKey;
}

/** Items read at a time to be counted. */
const COUNTED_AT_ONCE = 1_000;

export class DeadLetters {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  /** Rejects unless all are stored; storing some of them again is harmless, also in one call. */
  async put(letters: readonly DeadLetter[]): Promise<void> {
    if (letters.length === 0) return;
    const byPlace = new Map<string, DeadLetter>();
    for (const letter of await this.#wherePutBefore(letters)) {
      const place = placeText(letterKey(letter));
      const { number: before } = byPlace.get(place) ?? {};
      byPlace.set(place, letter.keepsNumber === true ? numbered(letter, before) : letter);
    }
    const whole = await this.#withNumbers([...byPlace.values()]);
    await this.#table.putMany(whole.flatMap(toItems));
  }

  /**
   * Puts those that do not stand there yet. What was given up takes the place of no other, whoever puts that meanwhile: the source may have
   * handed on a letter of its own. @returns how many are new
   */
  async putNew(letters: readonly DeadLetter[]): Promise<number> {
    const placed = await this.#wherePutBefore(letters);
    const keyed = new Map(placed.map((letter) => [placeText(letterKey(letter)), letter]));
    const known = new Set((await this.#table.getMany([...keyed.values()].map(headKey))).map(keyTextOf));
    const missing = [...keyed].filter(([place]) => !known.has(place)).map(([, letter]) => letter);
    const isGivenUp = ({ reason }: DeadLetter) => reason === 'given-up';
    const others = missing.filter((letter) => !isGivenUp(letter));
    await this.put(others);
    return others.length + (await this.#insert(missing.filter(isGivenUp)));
  }

  /** A letter that a release before has put under a key without its stream stays where it is, with what is noted beside it. */
  async #wherePutBefore(letters: readonly DeadLetter[]): Promise<readonly DeadLetter[]> {
    const keys = new Map<DeadLetter, LetterKey>();
    for (const letter of letters) {
      if (letter.key !== undefined) continue;
      const { stream: _, ...streamless } = letter;
      const key = letterKey(streamless);
      if (placeText(key) !== placeText(letterKey(letter))) keys.set(letter, key);
    }
    if (keys.size === 0) return letters;
    const asked = new Map([...keys.values()].map((key) => [placeText(key), itemKey(key)]));
    const stored = await this.#table.getMany([...asked.values()]);
    const found = new Map(stored.map((item) => [keyTextOf(item), numberOf(item, 'arrivalMs')]));
    return letters.map((letter) => {
      const key = keys.get(letter);
      return key !== undefined && found.get(placeText(key)) === letter.arrivalMs
        ? { ...letter, key }
        : letter;
    });
  }

  async #insert(letters: readonly DeadLetter[]): Promise<number> {
    await this.#table.putMany(letters.flatMap((letter) => toItems(letter).slice(0, -1)));
    const outcomes = await this.#table.commit(letters.map(insertionOf));
    const failed = outcomes.find((outcome) => outcome.kind === 'failed');
    if (failed?.kind === 'failed')
      throw new StoreError('table-unavailable', `dead letters were not all stored: ${failed.reason}`, {
        retryable: true,
      });
    return outcomes.filter(({ kind }) => kind === 'committed').length;
  }

  /** Letters of events that were put back, which are few, have the numbers of those that stand there. */
  async #withNumbers(letters: readonly DeadLetter[]): Promise<readonly DeadLetter[]> {
    const asking = letters.filter((letter) => letter.keepsNumber === true && letter.number === undefined);
    if (asking.length === 0) return letters;
    const stored = await this.#table.getMany(asking.map(headKey));
    const numbers = new Map(
      stored.map((item) => [keyTextOf(item), numberOf(item, DEAD_LETTERS_TABLE.letterNumber)]),
    );
    return letters.map((letter) =>
      asking.includes(letter) ? numbered(letter, numbers.get(placeText(letterKey(letter)))) : letter,
    );
  }

  /**
   * Sets events aside for a source that is held, and is as `put` besides. They are no dead letters: they are folded in later. One that is set
   * aside already keeps its tick: who sets it aside again, since its batch comes once more, may not know any longer which one came before it.
   */
  async hold(events: readonly HeldEvent[], holding: Holding): Promise<void> {
    if (events.length === 0) return;
    const stored = await this.#table.getMany(events.map(heldKey));
    const known = new Map(stored.map((item) => [keyTextOf(item), item]));
    const items = events
      .map((event) => {
        const before = known.get(keyTextOf(heldKey(event)));
        return before === undefined ? heldItem(event, holding) : heldAgain(before, event);
      })
      .filter((item) => item !== undefined);
    if (items.length > 0) await this.#table.putMany(items);
  }

  /**
   * Notes what became of letters whose events were put back. It stands beside the letter, which may be put again by who comes late.
   * Repeating it is safe.
   */
  async noteFates(redriven: readonly RedrivenLetter[]): Promise<void> {
    const items = redriven.map(({ letter, became, was, bySource, place }) => ({
      ...fateKey(letter),
      [FATE]: text(became),
      was: text(was),
      ...(bySource === undefined ? {} : { bySource: number(1) }),
      ...placeAmong(place?.source, place?.number),
    }));
    if (items.length > 0) await this.#table.putMany(items);
  }

  /** Verdicts of letters that were processed again, in order; undefined for a letter that was not. A consistent read. */
  async fates(letters: readonly LetterKey[]): Promise<readonly (string | undefined)[]> {
    const items = await this.#table.getMany(letters.map(fateKey));
    const found = new Map(items.map((item) => [keyTextOf(item), textOf(item, FATE)]));
    return letters.map((letter) => found.get(keyTextOf(fateKey(letter))));
  }

  /** The first events set aside for a source, in stream order. Consistent. */
  async heldFor(source: string, limit: number): Promise<readonly HeldEvent[]> {
    const held: HeldEvent[] = [];
    const partition = { name: DEAD_LETTERS_TABLE.partitionKey, value: heldPartition(source) };
    for await (const item of this.#table.query({ partition, readAhead: limit })) {
      held.push(readHeld(item));
      if (held.length === limit) break;
    }
    return held;
  }

  /** Once they have been folded in. Repeating it is safe. */
  async release(events: readonly HeldEvent[]): Promise<void> {
    if (events.length > 0) await this.#table.deleteMany(events.map(heldKey));
  }

  /**
   * Which numbers there are of the letters that a source has handed on, of a range with both ends. By an index, which may be a moment
   * behind.
   */
  async numbersOf(
    source: string,
    { from, to }: { readonly from: number; readonly to: number },
  ): Promise<ReadonlySet<number>> {
    const numbers = new Set<number>();
    const { letterIndex: index, letterOf, letterNumber } = DEAD_LETTERS_TABLE;
    const items = this.#table.query({
      index,
      partition: { name: letterOf, value: text(source) },
      sort: { name: letterNumber, from: number(from), to: number(to) },
    });
    for await (const item of items) numbers.add(numberOf(item, letterNumber) ?? 0);
    return numbers;
  }

  /** Every dead letter and every event set aside, payload and all, in no order. */
  async *list(): AsyncIterable<DeadLetter> {
    const waiting = new Map<string, { head?: Item; parts: Map<number, string> }>();
    for await (const item of this.#table.scan()) {
      if (isHeld(item)) {
        const { source, at, arrivalMs } = readHeld(item);
        const [reason = '', detail = '', body = ''] = ['reason', 'detail', 'body'].map((name) =>
          textOf(item, name),
        );
        yield { at, reason, detail, source, arrivalMs, payload: { encoding: 'json', body } };
        continue;
      }
      if (textOf(item, FATE) !== undefined) continue;
      const [event = '', part] = (textOf(item, DEAD_LETTERS_TABLE.sortKey) ?? '').split('#');
      const key = `${textOf(item, DEAD_LETTERS_TABLE.partitionKey)}#${event}`;
      if (part === undefined && numberOf(item, 'parts') === undefined) {
        yield fromItem(item, textOf(item, 'body') ?? '');
        continue;
      }
      const letter = waiting.get(key) ?? { parts: new Map<number, string>() };
      waiting.set(key, letter);
      if (part === undefined) letter.head = item;
      else letter.parts.set(Number(part), textOf(item, 'body') ?? '');
      if (letter.head !== undefined && letter.parts.size === numberOf(letter.head, 'parts')) {
        const body = [...letter.parts].sort(([a], [b]) => a - b).map(([, piece]) => piece);
        yield fromItem(letter.head, body.join(''));
        waiting.delete(key);
      }
    }
  }

  /** How many events are in quarantine, were late, were refused by their sources, or had values set aside. */
  async count(): Promise<LetterCounts> {
    let counts = NO_LETTERS;
    let after: Item | undefined;
    do {
      const counted: CountedPage = countLetters(await this.#wholeLetters({ limit: COUNTED_AT_ONCE, after }));
      counts = sumOfCounts(counts, counted.counts);
      after = counted.next;
    } while (after !== undefined);
    return counts;
  }

  /** The same for a piece of the table: see `Table.scanPage`. */
  async countPage({
    limit,
    after,
  }: {
    readonly limit: number;
    readonly after: LetterKey | undefined;
  }): Promise<{ readonly counts: LetterCounts; readonly next: LetterKey | undefined }> {
    const from = after === undefined ? undefined : itemKey(after);
    const { counts, next } = countLetters(
      await this.#wholeLetters({ limit, after: from, consistent: false }),
    );
    const record = next === undefined ? undefined : textOf(next, DEAD_LETTERS_TABLE.partitionKey);
    const event = next === undefined ? undefined : textOf(next, DEAD_LETTERS_TABLE.sortKey);
    return { counts, next: record === undefined || event === undefined ? undefined : { record, event } };
  }

  /** A page in which at least one letter ends, or more than one. */
  async #wholeLetters(request: ScanRequest): Promise<ScanPage> {
    let page = await this.#table.scanPage(request);
    while (page.next !== undefined && isOneLetter(page.items)) {
      const more = await this.#table.scanPage({ ...request, after: page.next });
      page = { items: [...page.items, ...more.items], next: more.next };
    }
    return page;
  }
}

function fateKey({ record, event }: LetterKey): Item {
  return {
    [DEAD_LETTERS_TABLE.partitionKey]: text(record),
    [DEAD_LETTERS_TABLE.sortKey]: text(`${event}${FATE_MARK}`),
  };
}

function keyTextOf(item: Item): string {
  return JSON.stringify([
    textOf(item, DEAD_LETTERS_TABLE.partitionKey),
    textOf(item, DEAD_LETTERS_TABLE.sortKey),
  ]);
}

function placeText({ record, event }: LetterKey): string {
  return JSON.stringify([record, event]);
}

/** Key of the item that says what a letter is; the parts of a long payload are items beside it. */
function headKey(letter: DeadLetter): Item {
  return itemKey(letterKey(letter));
}

function itemKey({ record, event }: LetterKey): Item {
  return { [DEAD_LETTERS_TABLE.partitionKey]: text(record), [DEAD_LETTERS_TABLE.sortKey]: text(event) };
}

function numbered(letter: DeadLetter, own: number | undefined): DeadLetter {
  return own === undefined ? letter : { ...letter, number: own };
}

/** Under the condition that there is none yet. */
function insertionOf(letter: DeadLetter): VersionedWrite {
  const key = headKey(letter);
  const head = toItems(letter).at(-1) ?? key;
  const attributes = Object.fromEntries(Object.entries(head).filter(([name]) => !Object.hasOwn(key, name)));
  return { key, expectedVersion: undefined, version: 1, attributes };
}

/** Where a letter stands. */
export function letterKey(letter: DeadLetter): LetterKey {
  return letter.key ?? { record: recordKey(letter), event: eventKey(letter) };
}

/** An item ends at 400 KB; a UTF-16 code unit takes up to three bytes in UTF-8. */
const BODY_PART_LENGTH = 100_000;

/** What says what it is comes last. */
function toItems(letter: DeadLetter): Item[] {
  const { record: partition, event } = letterKey(letter);
  const record = { [DEAD_LETTERS_TABLE.partitionKey]: text(partition) };
  const body = letter.payload.body;
  const pieces = cut(body);
  const whole = pieces.length <= 1;
  const parts = whole
    ? []
    : pieces.map((piece, at) => ({
        ...record,
        [DEAD_LETTERS_TABLE.sortKey]: text(`${event}#${String(at).padStart(4, '0')}`),
        body: text(piece),
      }));
  return [
    ...parts,
    {
      ...record,
      [DEAD_LETTERS_TABLE.sortKey]: text(event),
      reason: text(letter.reason),
      detail: text(letter.detail),
      arrivalMs: number(letter.arrivalMs),
      encoding: text(letter.payload.encoding),
      ...(letter.stream === undefined ? {} : { stream: text(letter.stream) }),
      ...(letter.source === undefined ? {} : { source: text(letter.source) }),
      ...(letter.countedBySource === undefined ? {} : { [COUNTED_BY_SOURCE]: number(1) }),
      ...placeAmong(letter.source, letter.number),
      ...(whole ? { body: text(body) } : { parts: number(pieces.length) }),
    },
  ];
}

function placeAmong(source: string | undefined, place: number | undefined): Item {
  if (source === undefined || place === undefined) return {};
  return { [DEAD_LETTERS_TABLE.letterOf]: text(source), [DEAD_LETTERS_TABLE.letterNumber]: number(place) };
}

/** Where in the stream, or what it is apart by. */
function recordKey({ at: { shard, sequence }, stream, apart, reason }: DeadLetter): string {
  if (apart === undefined)
    return `${shard}:${sequence}${stream === undefined || stream === '' ? '' : `${STREAM_MARK}${streamMark(stream)}`}`;
  const hash = createHash('sha256').update(apart).digest('hex');
  return `${reason}|${hash}:0`;
}

const STREAM_MARK = '@';

/** The index; an event that has a letter of its own may have one for its values besides. */
function eventKey({ at, reason }: DeadLetter): string {
  return `${String(at.index).padStart(5, '0')}${reason === SET_ASIDE ? VALUES_MARK : ''}`;
}

function fromItem(item: Item, body: string): DeadLetter {
  const [record, event] = [
    textOf(item, DEAD_LETTERS_TABLE.partitionKey),
    textOf(item, DEAD_LETTERS_TABLE.sortKey),
  ];
  const colon = record?.lastIndexOf(':') ?? -1;
  if (record === undefined || event === undefined || colon < 0) {
    throw new Error(
      `dead letters table: found an item with ${Object.keys(item).join(', ')}, expected record and event`,
    );
  }
  const place = numberOf(item, DEAD_LETTERS_TABLE.letterNumber);
  const [sequence] = record.slice(colon + 1).split(STREAM_MARK);
  const letter: DeadLetter = {
    at: {
      shard: record.slice(0, colon) as ShardId,
      sequence: sequence as SequenceNumber,
      index: Number.parseInt(event, 10),
    },
    reason: textOf(item, 'reason') ?? '',
    detail: textOf(item, 'detail') ?? '',
    source: textOf(item, 'source'),
    arrivalMs: numberOf(item, 'arrivalMs') ?? 0,
    payload: { encoding: textOf(item, 'encoding') ?? '', body },
    ...(textOf(item, 'stream') === undefined ? {} : { stream: textOf(item, 'stream') ?? '' }),
    ...(numberOf(item, COUNTED_BY_SOURCE) === undefined ? {} : { countedBySource: true as const }),
    ...(place === undefined ? {} : { number: place }),
  };
  // One that is kept apart says so by its key alone.
  const isElsewhere = letter.stream !== undefined && recordKey(letter) !== record;
  return isElsewhere ? { ...letter, key: { record, event } } : letter;
}

/** Never between the two halves of a surrogate pair: each piece is stored as UTF-8 by itself. */
function cut(body: string): string[] {
  const pieces: string[] = [];
  let from = 0;
  while (from < body.length) {
    let to = from + BODY_PART_LENGTH;
    if (to < body.length && (body.charCodeAt(to) & 0xfc00) === 0xdc00) to -= 1;
    pieces.push(body.slice(from, to));
    from = to;
  }
  return pieces;
}
