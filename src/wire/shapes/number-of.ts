// A leaf of a document as a number, by a value rule.
import type { ValueRule } from '../../core/shape/shape.ts';

/** `missing`: it says that there is no value. `refused`: it is something, but no number. */
export type NumberOf = number | 'missing' | 'refused';

type NumberRule = Pick<ValueRule, 'text' | 'units' | 'enums' | 'missing' | 'decimalComma'>;

/** Longer texts are no numbers; so their matching takes no time to speak of. */
const MAX_TEXT_LENGTH = 64;
const NUMBER = /^\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?)\s*$/;
/** In a unit are digits only as powers of what it is made of, `m3/h`, `m/s^2`, or in `l/100km`: `1h30m` is no number with a unit. */
const WITH_UNIT =
  /^\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?)\s*([^\d\s.,:;+\-/^](?:[^\d^]|\^?(?<=[mst]\^?)[23](?=$|[\s/·*])|(?<=\/)100(?=\s?km))*)$/;

export function numberOf(found: unknown, rule: NumberRule): NumberOf {
  const leaf = typeof found === 'bigint' ? Number(found) : found;
  if (rule.missing?.has(leaf) === true) return 'missing';
  if (typeof leaf === 'number') return Number.isFinite(leaf) ? leaf : 'refused';
  if (typeof leaf === 'boolean') return leaf ? 1 : 0;
  if (leaf === null || leaf === undefined) return 'missing';
  return typeof leaf === 'string' ? ofText(leaf, rule) : 'refused';
}

function ofText(text: string, { text: kind, units, enums, missing, decimalComma }: NumberRule): NumberOf {
  const named = enums?.get(text);
  if (named !== undefined) return named;
  if (kind === 'skip' || text.length > MAX_TEXT_LENGTH) return 'refused';
  const pointed = decimalComma ? text.replace(',', '.') : text;
  const match = NUMBER.exec(pointed) ?? (kind === 'units' ? WITH_UNIT.exec(pointed) : null);
  if (match?.[1] === undefined) return 'refused';
  const stated = Number(match[1]);
  if (missing?.has(stated) === true) return 'missing';
  const factor = units === undefined ? 1 : units.get(match[2]?.trimEnd() ?? '');
  if (factor === undefined) return 'refused';
  const number = factor === 1 ? stated : stated * factor;
  return Number.isFinite(number) ? number : 'refused';
}
