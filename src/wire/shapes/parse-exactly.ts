// JSON with its long integers as they are written. As doubles two ids of 17 digits and more are one, so that events would be
// taken for others, and devices for others; such integers become bigints, and what asks for a number gets one again.
import { isObject } from '../../core/event-rules.ts';

export interface Exactly {
  readonly value: unknown;
  readonly hasBigints: boolean;
}

/** @throws SyntaxError for what is no JSON */
export function parseExactly(text: string): Exactly {
  const isLong = LONG_INTEGER.test(text) && !isDeep(text);
  // A reviver costs several times the parsing: most documents have no such integer.
  const value: unknown = isLong ? JSON.parse(text, withBigints) : JSON.parse(text);
  return { value, hasBigints: isLong };
}

/** Beside what ends a number; a text may hold that too, which costs no more than time. */
const LONG_INTEGER = /(?:^|[\s:,[])-?\d{16,}(?:[\s,}\]]|$)/;
const INTEGER = /^-?\d{16,400}$/;

function withBigints(this: unknown, _name: string, value: unknown, ...rest: unknown[]): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value;
  const [context] = rest; // its text as it stands there: `{"source": "12345678901234567890"}`
  const source = isObject(context) ? context['source'] : undefined;
  return typeof source === 'string' && INTEGER.test(source) ? BigInt(source) : value;
}

/** A reviver is called level in level. */
const MAX_DEPTH = 256;

/** Brackets in texts count too: it is the same for the same text, wherever it is read. */
function isDeep(text: string): boolean {
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at) | 0x20; // brackets and braces differ by that bit
    if (unit === 0x7b && ++depth > MAX_DEPTH) return true;
    if (unit === 0x7d) depth -= 1;
  }
  return false;
}

/** The same with every bigint as the double that is nearest. */
export function withDoubles(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (Array.isArray(value)) return value.map(withDoubles);
  if (!isObject(value)) return value;
  const members = Object.entries(value).map(([name, member]) => [name, withDoubles(member)] as const);
  return Object.fromEntries(members);
}
