// By what items and writes are known again, in a few characters: the same contents have the same mark on every machine.
import { createHash } from 'node:crypto';
import { itemJson } from './item-json.ts';
import type { Attribute, Item, VersionedWrite } from './table.ts';
import { numberOf } from './table.ts';

/** The mark if there is no item. */
export const NO_ITEM = '-';

/** Version and digest. */
export function itemMark(item: Item | undefined): string {
  if (item === undefined) return NO_ITEM;
  return `${numberOf(item, 'version') ?? ''}.${digestOf(itemText(item))}`;
}

/** The same text for the same key. */
export function itemText(item: Item): string {
  return JSON.stringify(Object.entries(itemJson(item)).sort(([a], [b]) => (a < b ? -1 : 1)));
}

export function writeText({
  key,
  expectedVersion,
  version,
  expected,
  attributes,
  beside,
}: VersionedWrite): string {
  const set = Object.entries(attributes).map(([name, value]) => [
    name,
    value === undefined ? null : one(value),
  ]);
  return JSON.stringify([
    itemText(key),
    expectedVersion ?? null,
    version,
    expected === undefined ? null : [expected.name, one(expected.value)],
    set.sort(),
    (beside?.put ?? []).map(itemText),
    (beside?.remove ?? []).map(itemText),
  ]);
}

const one = (value: Attribute) => itemText({ value });

export function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 12);
}
