// The ids of a source's recently applied events, with their event times, and their compact text form.
import type { EpochMs } from './brands.ts';

/** An id that is the decimal text of a whole number is kept as that number: most are counters. */
type Key = number | string;

/**
 * Forgetting is lazy: an id older than the horizon counts as forgotten whether or not it is still here, so when the
 * texts are tidied changes bytes, never results.
 *
 * Counters are why this is fast: a number greater than all before has not been here, so ids are only noted in the order
 * they came, and the table to look others up in is made when the first such id comes.
 *
 * Text form: a token an id, in the order they were applied, separated by blanks: the event time's difference to the
 * token before (base 36), then `:` and the id as a JSON text, left out where the id is the integer after the one before.
 */
export class RememberedIds {
  /** In the order applied. An id stands here twice only if it was forgotten in between. */
  #keys: Key[] = [];
  #times: EpochMs[] = [];
  #greatest = -1;
  /** Latest time by key, of the first `#indexed` entries. */
  readonly #timeByKey = new Map<Key, EpochMs>();
  #indexed = 0;
  /** How many entries the text holds. */
  #written = 0;
  #text = '';
  #textTokens = 0;
  #lastKey: Key = '';
  #lastTime: EpochMs = 0;
  #tokensAllowed = 32;

  static parse(text: string): RememberedIds {
    const ids = new RememberedIds();
    for (const [, dt = '', quoted] of text.matchAll(/(-?[0-9a-z]+)(?::("(?:[^"\\]|\\.)*"))?(?: |$)/g)) {
      const time = ids.#lastTime + Number.parseInt(dt, 36);
      const id = quoted === undefined ? successor(String(ids.#lastKey)) : String(JSON.parse(quoted));
      if (id === undefined)
        throw new Error(`remembered ids: "${dt}" follows ${ids.#lastKey}, which has no successor`);
      const key = keyOf(id);
      ids.#note(key, time);
      ids.#lastKey = key;
      ids.#lastTime = time;
    }
    ids.#text = text;
    ids.#textTokens = ids.#keys.length;
    ids.#written = ids.#keys.length;
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

  /** The text form of what is not older than `oldest`, and a bounded remainder of what is. */
  toText(oldest: EpochMs): string {
    this.#append();
    if (this.#textTokens > this.#tokensAllowed) this.#tidy(oldest);
    return this.#text;
  }

  /** What is remembered, forgotten ones left out: for comparing and showing. */
  entries(oldest: EpochMs): [string, EpochMs][] {
    return [...this.#index()].filter(([, time]) => time >= oldest).map(([key, time]) => [String(key), time]);
  }

  #note(key: Key, time: EpochMs): void {
    if (typeof key === 'number' && key > this.#greatest) this.#greatest = key;
    this.#keys.push(key);
    this.#times.push(time);
  }

  #index(): ReadonlyMap<Key, EpochMs> {
    for (; this.#indexed < this.#keys.length; this.#indexed += 1) {
      this.#timeByKey.set(this.#keys[this.#indexed] ?? '', this.#times[this.#indexed] ?? 0);
    }
    return this.#timeByKey;
  }

  #tidy(oldest: EpochMs): void {
    const times = this.#times;
    this.#keys = this.#keys.filter((_, at) => (times[at] ?? 0) >= oldest);
    this.#times = times.filter((time) => time >= oldest);
    this.#timeByKey.clear();
    this.#indexed = 0;
    this.#written = 0;
    this.#text = '';
    this.#textTokens = 0;
    this.#lastKey = '';
    this.#lastTime = 0;
    this.#append();
    this.#tokensAllowed = 32 + Math.ceil(this.#textTokens * 1.5);
  }

  /** Brings the text up to date. */
  #append(): void {
    let text = this.#text;
    for (; this.#written < this.#keys.length; this.#written += 1) {
      const key = this.#keys[this.#written] ?? '';
      const time = this.#times[this.#written] ?? 0;
      if (text !== '') text += ' ';
      text += (time - this.#lastTime).toString(36);
      const follows =
        typeof key === 'number' && typeof this.#lastKey === 'number' && key === this.#lastKey + 1;
      if (!follows) text += `:${JSON.stringify(String(key))}`;
      this.#textTokens += 1;
      this.#lastKey = key;
      this.#lastTime = time;
    }
    this.#text = text;
  }
}

/** Up to so many digits every whole number is safe. */
const MAX_DIGITS = 15;

function keyOf(id: string | number): Key {
  if (typeof id === 'number') return id >= 0 && id < 10 ** MAX_DIGITS ? id : String(id);
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

function successor(id: string): string | undefined {
  const number = Number(id);
  return id !== '' && Number.isSafeInteger(number) && String(number) === id ? String(number + 1) : undefined;
}
