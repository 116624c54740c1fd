// The ids of a source's recently applied events, with their event times, and their compact text form.
import type { EpochMs } from './brands.ts';

/**
 * Forgetting is lazy: an id older than the horizon counts as forgotten whether or not it is still here, so when the
 * texts are tidied changes bytes, never results.
 *
 * Text form: a token an id, in the order they were applied, separated by blanks: the event time's difference to the
 * token before (base 36), then `:` and the id as a JSON text, left out where the id is the integer after the one before.
 */
export class RememberedIds {
  readonly #timeById = new Map<string, EpochMs>();
  /** Applied since the text was last brought up to date. */
  #unwritten: string[] = [];
  #text = '';
  #textTokens = 0;
  #lastId = '';
  #lastTime: EpochMs = 0;

  static parse(text: string): RememberedIds {
    const ids = new RememberedIds();
    for (const [, dt = '', quoted] of text.matchAll(/(-?[0-9a-z]+)(?::("(?:[^"\\]|\\.)*"))?(?: |$)/g)) {
      const time = ids.#lastTime + Number.parseInt(dt, 36);
      const id = quoted === undefined ? successor(ids.#lastId) : String(JSON.parse(quoted));
      if (id === undefined)
        throw new Error(`remembered ids: "${dt}" follows ${ids.#lastId}, which has no successor`);
      ids.#timeById.delete(id);
      ids.#timeById.set(id, time);
      ids.#textTokens += 1;
      ids.#lastId = id;
      ids.#lastTime = time;
    }
    ids.#text = text;
    return ids;
  }

  /** The event time the id was applied with, or undefined if it never was or that is before `oldest`. */
  has(id: string, oldest: EpochMs): boolean {
    const time = this.#timeById.get(id);
    return time !== undefined && time >= oldest;
  }

  /** Call only after `has` said no. */
  add(id: string, time: EpochMs): void {
    if (this.#timeById.size === this.#timeById.set(id, time).size) {
      this.#timeById.delete(id); // It was here, forgotten: move it to the end.
      this.#timeById.set(id, time);
    }
    this.#unwritten.push(id);
  }

  /** The text form of what is not older than `oldest`, and a bounded remainder of what is. */
  toText(oldest: EpochMs): string {
    for (const id of this.#unwritten) this.#append(id, this.#timeById.get(id) ?? 0);
    this.#unwritten = [];
    if (this.#textTokens > this.#tokensAllowed) this.#tidy(oldest);
    return this.#text;
  }

  /** What is remembered, forgotten ones left out: for comparing and showing. */
  entries(oldest: EpochMs): [string, EpochMs][] {
    return [...this.#timeById].filter(([, time]) => time >= oldest);
  }

  #tokensAllowed = 32;

  #tidy(oldest: EpochMs): void {
    this.#text = '';
    this.#textTokens = 0;
    this.#lastId = '';
    this.#lastTime = 0;
    for (const [id, time] of this.#timeById) {
      if (time < oldest) this.#timeById.delete(id);
      else this.#append(id, time);
    }
    this.#tokensAllowed = 32 + Math.ceil(this.#textTokens * 1.5);
  }

  #append(id: string, time: EpochMs): void {
    const token = (time - this.#lastTime).toString(36);
    const separator = this.#text === '' ? '' : ' ';
    this.#text += isSuccessor(id, this.#lastId)
      ? separator + token
      : `${separator}${token}:${JSON.stringify(id)}`;
    this.#textTokens += 1;
    this.#lastId = id;
    this.#lastTime = time;
  }
}

function isSuccessor(id: string, before: string): boolean {
  return before !== '' && Number(id) === Number(before) + 1 && successor(before) === id;
}

function successor(id: string): string | undefined {
  const number = Number(id);
  return id !== '' && Number.isSafeInteger(number) && String(number) === id ? String(number + 1) : undefined;
}
