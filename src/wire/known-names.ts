// Names of members come in one order mostly, text after text: the one that came behind the latest before is looked for
// first, by words of four bytes, and is neither scanned nor made anew where it stands.

interface KnownName {
  readonly name: string;
  /** Its bytes, with the quotes around it. */
  readonly quoted: DataView;
  /** What came behind it the last time. */
  next: KnownName | undefined;
}

/** More are not kept, nor longer ones. */
const MAX_NAMES = 512;
const MAX_LENGTH = 64;
/** How far behind the place asked about the bytes must go on, whatever they are. */
export const NAME_SLACK_BYTES = MAX_LENGTH + 2;

export class KnownNames {
  readonly #known = new Map<string, KnownName>();
  #latest = makeName('');

  /** The name expected next, where it stands at `at` with its quotes. */
  expected(from: DataView, at: number): string | undefined {
    const expected = this.#latest.next;
    if (expected === undefined || !isAt(expected.quoted, from, at)) return undefined;
    this.#latest = expected;
    return expected.name;
  }

  /** Notes a name that was not expected: it will be, behind the latest. Gives it as it is kept. */
  learn(name: string): string {
    if (name.length > MAX_LENGTH) return name;
    let known = this.#known.get(name);
    if (known === undefined) {
      if (this.#known.size === MAX_NAMES) this.#known.clear();
      known = makeName(name);
      this.#known.set(name, known);
    }
    this.#latest.next = known;
    this.#latest = known;
    return known.name;
  }
}

function makeName(name: string): KnownName {
  const { buffer, byteOffset, length } = Buffer.from(`"${name}"`, 'latin1');
  return { name: asKey(name), quoted: new DataView(buffer, byteOffset, length), next: undefined };
}

/** The same text in the form in which objects keep their keys: it is compared to others by address. */
function asKey(text: string): string {
  return Object.keys({ [text]: 0 })[0] ?? text;
}

function isAt(quoted: DataView, from: DataView, start: number): boolean {
  const length = quoted.byteLength;
  let at = 0;
  for (; at + 4 <= length; at += 4) {
    if (quoted.getInt32(at) !== from.getInt32(start + at)) return false;
  }
  for (; at < length; at += 1) if (quoted.getUint8(at) !== from.getUint8(start + at)) return false;
  return true;
}
