// The ids of a source's recently applied events, with their event times, and their compact form in bytes.
import type { EpochMs } from './brands.ts';
import { ByteReader } from './byte-reader.ts';
import { ByteWriter } from './byte-writer.ts';
import { signedBytes, textBytes } from './text-bytes.ts';

/** An id that is the decimal text of a whole number is kept as that number: most are counters. */
type Key = number | string;

/**
 * Forgetting is lazy: an id older than the horizon counts as forgotten whether or not it is still here, so when the
 * bytes are tidied changes how many they are, never results.
 *
 * Counters are why this is fast: a number greater than all before has not been here, so ids are only noted in the order
 * they came, and the table to look others up in is made when the first such id comes.
 *
 * In bytes: an entry an id, in the order they were applied: the event time's difference to the entry before, then how the
 * id follows: as the number after the one before, as a number, or as a text. A device that counts its readings and takes
 * them at a steady pace needs one entry for a whole run of them.
 */
export class RememberedIds {
  /** In the order applied. An id stands here twice only if it was forgotten in between. */
  #keys: Key[] = [];
  #times: EpochMs[] = [];
  #greatest = -1;
  /** Latest time by key, of the first `#indexed` entries. */
  readonly #timeByKey = new Map<Key, EpochMs>();
  #indexed = 0;
  /** How many entries have been written. */
  #written = 0;
  #encoded: Uint8Array = NOTHING;
  /** What `#encoded` is the beginning of, once it has been added to. */
  #room: Uint8Array = NOTHING;
  #lastKey: Key = '';
  #lastTime: EpochMs = 0;
  #entriesAllowed = 32;
  #bytes = 0;

  static decode(encoded: Uint8Array): RememberedIds {
    const ids = new RememberedIds();
    const reader = new ByteReader(encoded);
    while (!reader.done) {
      const step = reader.signed();
      let left = 1;
      let key = readKey(reader, ids.#lastKey);
      if (key === RUN) {
        left = reader.varint();
        key = next(ids.#lastKey);
      }
      for (; left > 0; left -= 1) {
        ids.#lastTime += step;
        ids.#lastKey = key;
        ids.#note(key, ids.#lastTime);
        if (left > 1) key = next(key);
      }
    }
    ids.#encoded = encoded;
    ids.#written = ids.#keys.length;
    return ids;
  }

  /** Ids in the order they were applied: for forms of the state before the present one. */
  static from(entries: Iterable<readonly [id: string, time: EpochMs]>): RememberedIds {
    const ids = new RememberedIds();
    for (const [id, time] of entries) ids.add(id, time);
    return ids;
  }

  /** Whether the id has been applied with an event time not before `oldest`. */
  has(id: string | number, oldest: EpochMs): boolean {
    const key = keyOf(id);
    if (typeof key === 'number' && key > this.#greatest) return false;
    const time = this.#index().get(key);
    return time !== undefined && time >= oldest;
  }

  /** Call only after `has` said no. */
  add(id: string | number, time: EpochMs): void {
    this.#note(keyOf(id), time);
  }

  /** At least `liveBytes`: ids already forgotten count here. */
  get bytes(): number {
    return this.#bytes;
  }

  /** What the ids not older than `oldest` take, generously: it depends on them alone. Forgets the others. */
  liveBytes(oldest: EpochMs): number {
    this.#forget(oldest);
    return this.#bytes;
  }

  /** The ids not older than `oldest`, and a bounded remainder of others. */
  encode(oldest: EpochMs): Uint8Array {
    if (this.#keys.length > this.#entriesAllowed) {
      this.#forget(oldest);
      this.#entriesAllowed = 32 + Math.ceil(this.#keys.length * 1.5);
    }
    if (this.#written < this.#keys.length) this.#append();
    return this.#encoded;
  }

  /** What is remembered, forgotten ones left out: for comparing and showing. */
  entries(oldest: EpochMs): [string, EpochMs][] {
    return [...this.#index()].filter(([, time]) => time >= oldest).map(([key, time]) => [String(key), time]);
  }

  #note(key: Key, time: EpochMs): void {
    if (typeof key === 'number' && key > this.#greatest) this.#greatest = key;
    this.#bytes += keyBytes(key) + signedBytes(time - (this.#times.at(-1) ?? 0));
    this.#keys.push(key);
    this.#times.push(time);
  }

  #index(): ReadonlyMap<Key, EpochMs> {
    for (; this.#indexed < this.#keys.length; this.#indexed += 1) {
      this.#timeByKey.set(this.#keys[this.#indexed] ?? '', this.#times[this.#indexed] ?? 0);
    }
    return this.#timeByKey;
  }

  #forget(oldest: EpochMs): void {
    const times = this.#times;
    if (times.every((time) => time >= oldest)) return;
    this.#keys = this.#keys.filter((_, at) => (times[at] ?? 0) >= oldest);
    this.#times = times.filter((time) => time >= oldest);
    this.#bytes = 0;
    for (const [at, key] of this.#keys.entries()) {
      this.#bytes += keyBytes(key) + signedBytes((this.#times[at] ?? 0) - (this.#times[at - 1] ?? 0));
    }
    this.#timeByKey.clear();
    this.#indexed = 0;
    this.#written = 0;
    this.#encoded = NOTHING;
    this.#room = NOTHING;
    this.#lastKey = '';
    this.#lastTime = 0;
  }

  /** How many ids from the first that is not written are each the number after the one before, `step` later. */
  #runLength(step: number): number {
    let at = this.#written;
    let key = this.#lastKey;
    let time = this.#lastTime;
    for (; at < this.#keys.length; at += 1) {
      if (typeof key !== 'number' || this.#keys[at] !== key + 1 || this.#times[at] !== time + step) break;
      key += 1;
      time += step;
    }
    return at - this.#written;
  }

  /** Brings the bytes up to date: only what was added since is encoded. */
  #append(): void {
    WRITER.clear();
    while (this.#written < this.#keys.length) {
      const key = this.#keys[this.#written] ?? '';
      const step = (this.#times[this.#written] ?? 0) - this.#lastTime;
      WRITER.signed(step);
      const run = this.#runLength(step);
      if (run >= SHORTEST_RUN) writeRun(run);
      else writeKey(key, this.#lastKey);
      this.#written += run >= SHORTEST_RUN ? run : 1;
      this.#lastKey = this.#keys[this.#written - 1] ?? '';
      this.#lastTime = this.#times[this.#written - 1] ?? 0;
    }
    const added = WRITER.finish();
    const before = this.#encoded.length;
    const length = before + added.length;
    if (length > this.#room.length) {
      this.#room = new Uint8Array(Math.ceil(length * ROOM));
      this.#room.set(this.#encoded);
    }
    // Behind all that has been handed out.
    this.#room.set(added, before);
    this.#encoded = this.#room.subarray(0, length);
  }
}

const NOTHING = new Uint8Array(0);
/** So much larger than needed now, so that not every write makes a buffer: those are costly to collect. */
const ROOM = 1.5;
/** Written to and emptied within one call. */
const WRITER = new ByteWriter();

/** Stands for a text where a run is: no id is empty. */
const RUN = '';
/** Of fewer the entries are no longer than the run. */
const SHORTEST_RUN = 3;

/** So many ids, each the number after the one before. */
function writeRun(length: number): void {
  writeKey(RUN, '');
  WRITER.varint(length);
}

/** 0: the number after the one before. 1: a text follows. Else a number greater by 2 than it is. */
function writeKey(key: Key, before: Key): void {
  if (typeof key === 'string') {
    WRITER.byte(1);
    WRITER.text(key);
  } else if (typeof before === 'number' && key === before + 1) WRITER.byte(0);
  else WRITER.varint(key + 2);
}

function readKey(reader: ByteReader, before: Key): Key {
  const code = reader.varint();
  if (code === 1) return reader.text();
  return code > 1 ? code - 2 : next(before);
}

function next(key: Key): number {
  if (typeof key === 'number') return key + 1;
  throw new Error(`remembered ids: found one that follows ${JSON.stringify(key)}, expected a number there`);
}

/** As if it followed nothing; `writeKey`. */
function keyBytes(key: Key): number {
  if (typeof key === 'string') return 1 + textBytes(key);
  return key < 0x3000 ? 2 : key < 0xfff_0000 ? 4 : 8;
}

/** Up to so many digits every whole number is safe, with room for the code of `writeKey`. */
const MAX_DIGITS = 15;
const TOO_LONG = 10 ** MAX_DIGITS;

function keyOf(id: string | number): Key {
  if (typeof id === 'number') return id >= 0 && id < TOO_LONG ? id : String(id);
  const length = id.length;
  if (length > MAX_DIGITS || (length > 1 && id.charCodeAt(0) === DIGIT_0)) return id;
  let number = 0;
  for (let at = 0; at < length; at += 1) {
    const digit = id.charCodeAt(at) - DIGIT_0;
    if (digit < 0 || digit > 9) return id;
    number = number * 10 + digit;
  }
  return length === 0 ? id : number;
}

const DIGIT_0 = 0x30;
