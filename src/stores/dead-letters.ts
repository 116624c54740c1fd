// Where quarantined and late events are kept, and values that were set aside, with payload, reason and coordinates. The key
// is the coordinates, so writing one twice is writing it once.

import type { SequenceNumber, ShardId } from '../core/brands.ts';
import type { Coordinates } from '../core/event.ts';
import type { ReasonCode } from '../core/reason-codes.ts';
import { DEAD_LETTERS_TABLE } from '../platform/names.ts';
import type { Item, Table } from './table.ts';
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
  /** Its source's own books count it as quarantined, so the letters are not asked for it. */
  readonly countedBySource?: true;
}

const SET_ASIDE: ReasonCode = 'value-set-aside';

export class DeadLetters {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  /** Rejects unless all are stored; storing some of them again is harmless, also in one call. */
  async put(letters: readonly DeadLetter[]): Promise<void> {
    if (letters.length === 0) return;
    const byPlace = new Map(letters.map((letter) => [JSON.stringify([letter.at, eventKey(letter)]), letter]));
    await this.#table.putMany([...byPlace.values()].flatMap(toItems));
  }

  /** Every dead letter, payload and all, in no order. */
  async *list(): AsyncIterable<DeadLetter> {
    const waiting = new Map<string, { head?: Item; parts: Map<number, string> }>();
    for await (const item of this.#table.scan()) {
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
    for await (const item of this.#table.scan()) counts = counted(counts, item);
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
    const { items, next } = await this.#table.scanPage({
      limit,
      after:
        after === undefined
          ? undefined
          : {
              [DEAD_LETTERS_TABLE.partitionKey]: text(after.record),
              [DEAD_LETTERS_TABLE.sortKey]: text(after.event),
            },
      consistent: false,
    });
    const record = next === undefined ? undefined : textOf(next, DEAD_LETTERS_TABLE.partitionKey);
    const event = next === undefined ? undefined : textOf(next, DEAD_LETTERS_TABLE.sortKey);
    return {
      counts: items.reduce(counted, NO_LETTERS),
      next: record === undefined || event === undefined ? undefined : { record, event },
    };
  }
}

export interface LetterCounts {
  readonly quarantined: number;
  readonly late: number;
  /** Quarantined by their sources, whose own books count them. */
  readonly refused: number;
  /** Events with values that do not count. They have a verdict of their own, and stand in no other count here for this. */
  readonly setAside: number;
}

/** Where a piece of a walk ended. */
export interface LetterKey {
  readonly record: string;
  readonly event: string;
}

const NO_LETTERS: LetterCounts = { quarantined: 0, late: 0, refused: 0, setAside: 0 };

/** Which count a reason goes into; all others are a quarantine's. */
export const COUNTED_AS: ReadonlyMap<string, keyof LetterCounts> = new Map([
  ['late', 'late'],
  ['source-full', 'refused'],
  [SET_ASIDE, 'setAside'],
]);

const COUNTED_BY_SOURCE = 'countedBySource';

/** The parts of a long payload have no reason: the letter counts once. */
function counted(counts: LetterCounts, item: Item): LetterCounts {
  const reason = textOf(item, 'reason');
  if (reason === undefined) return counts;
  const refused = numberOf(item, COUNTED_BY_SOURCE) === undefined ? undefined : 'refused';
  const kind = COUNTED_AS.get(reason) ?? refused ?? 'quarantined';
  return { ...counts, [kind]: counts[kind] + 1 };
}

/** An item ends at 400 KB; a UTF-16 code unit takes up to three bytes in UTF-8. */
const BODY_PART_LENGTH = 100_000;

function toItems(letter: DeadLetter): Item[] {
  const { shard, sequence } = letter.at;
  const event = eventKey(letter);
  const record = { [DEAD_LETTERS_TABLE.partitionKey]: text(`${shard}:${sequence}`) };
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
      ...(letter.source === undefined ? {} : { source: text(letter.source) }),
      ...(letter.countedBySource === undefined ? {} : { [COUNTED_BY_SOURCE]: number(1) }),
      ...(whole ? { body: text(body) } : { parts: number(pieces.length) }),
    },
  ];
}

/** The index; an event that has a letter of its own may have one for its values besides. */
function eventKey({ at, reason }: DeadLetter): string {
  return `${String(at.index).padStart(5, '0')}${reason === SET_ASIDE ? VALUES_MARK : ''}`;
}

const VALUES_MARK = '~values';

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
  return {
    at: {
      shard: record.slice(0, colon) as ShardId,
      sequence: record.slice(colon + 1) as SequenceNumber,
      index: Number.parseInt(event, 10),
    },
    reason: textOf(item, 'reason') ?? '',
    detail: textOf(item, 'detail') ?? '',
    source: textOf(item, 'source'),
    arrivalMs: numberOf(item, 'arrivalMs') ?? 0,
    payload: { encoding: textOf(item, 'encoding') ?? '', body },
    ...(numberOf(item, COUNTED_BY_SOURCE) === undefined ? {} : { countedBySource: true as const }),
  };
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
