// What DynamoDB counts an item's size as, and what it takes at most ("Item sizes and formats" and "Constraints" in its developer
// guide; measured on DynamoDB Local). Tidemill's tables hold texts, numbers and bytes alone: no sets, lists or maps.
import type { Attribute } from './table.ts';

/** Names and values together; indexes do not count. */
export const MAX_ITEM_BYTES = 409_600;
export const MAX_PARTITION_KEY_BYTES = 2_048;
export const MAX_SORT_KEY_BYTES = 1_024;

/** UTF-8 of each name, and of each value what it takes. */
export function itemBytes(item: Readonly<Record<string, Attribute | undefined>>): number {
  let bytes = 0;
  for (const [name, attribute] of Object.entries(item)) {
    if (attribute !== undefined) bytes += Buffer.byteLength(name) + attributeBytes(attribute);
  }
  return bytes;
}

/** At least `itemBytes`, without looking into any text: three bytes for each of its code units. */
export function mostItemBytes(item: Readonly<Record<string, Attribute | undefined>>): number {
  let bytes = 0;
  for (const name in item) {
    const attribute = item[name];
    if (attribute === undefined) continue;
    bytes += 3 * name.length;
    if ('B' in attribute) bytes += attribute.B.length;
    else bytes += 'S' in attribute ? 3 * attribute.S.length : NUMBER_BYTES;
  }
  return bytes;
}

/** What a number takes at most: of 38 digits, with exponent and sign, and half a pair at either end. */
const NUMBER_BYTES = 22;

export function attributeBytes(attribute: Attribute): number {
  if ('S' in attribute) return Buffer.byteLength(attribute.S);
  return 'B' in attribute ? attribute.B.length : numberBytes(attribute.N);
}

/**
 * A byte for each two digits that a decimal begins with at an even place, one for the exponent, and one for a sign. Zeros at
 * either end are not kept.
 */
function numberBytes(text: string): number {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = NUMBER.exec(text) ?? [];
  const digits = `${whole}${fraction}`;
  const first = digits.search(/[1-9]/);
  if (first < 0) return 1;
  const last = digits.replace(/0+$/, '').length;
  // Places are counted from the decimal point: pairs of digits stand at even ones.
  const point = whole.length + Number(exponent);
  const pairOf = (place: number) => Math.floor((place - point) / 2);
  return 1 + pairOf(last - 1) - pairOf(first) + 1 + (sign === '-' ? 1 : 0);
}

const NUMBER = /^([+-]?)(\d*)\.?(\d*)(?:[eE]([+-]?\d+))?$/;
