import { memberOf, membersOf } from './find.ts';

const MAX_DEPTH = 32;

/** An attribute value of DynamoDB's JSON as a plain value, numbers as numbers; undefined if it is no attribute value. */
export function plainAttribute(value: unknown, depth = 0): unknown {
  if (depth > MAX_DEPTH) return undefined;
  const number = memberOf(value, 'N');
  if (typeof number === 'string') return numberIn(number);
  for (const kind of ['S', 'BOOL'] as const) {
    const found = memberOf(value, kind);
    if (found !== undefined) return found;
  }
  if (memberOf(value, 'NULL') === true) return null;
  const map = memberOf(value, 'M');
  if (map !== undefined) {
    return Object.fromEntries(
      [...membersOf(map)].map(([key, member]) => [key, plainAttribute(member, depth + 1)]),
    );
  }
  const numbers = memberOf(value, 'NS');
  if (Array.isArray(numbers)) return numbers.map((one) => (typeof one === 'string' ? numberIn(one) : one));
  const list = memberOf(value, 'L') ?? memberOf(value, 'SS');
  if (!Array.isArray(list)) return undefined;
  return list.map((one) => (typeof one === 'string' ? one : plainAttribute(one, depth + 1)));
}

/** Exactly, as `parseExactly` does: DynamoDB has 38 digits. */
function numberIn(text: string): number | bigint {
  const number = Number(text);
  return !Number.isSafeInteger(number) && /^-?\d{16,38}$/.test(text) ? BigInt(text) : number;
}
