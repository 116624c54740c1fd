// DynamoDB's JSON to plain values. Small enough to own: the SDK's module for it is larger than all consumers together.
import { describeFound } from '../core/describe-found.ts';
import type { AttributeValueJson, ItemJson } from './stream-records.ts';

type AttributeValue =
  | string
  | number
  | boolean
  | null
  | Uint8Array
  | readonly AttributeValue[]
  | Item
  | ReadonlySet<string>
  | ReadonlySet<number>;

/** An item's attributes by name. Without a prototype, so that no name is special. */
export interface Item {
  readonly [name: string]: AttributeValue;
}

/** Throws on what is no attribute value: DynamoDB writes none, so it is a mistake of ours. */
export function unmarshall(item: ItemJson): Item {
  const plain: Record<string, AttributeValue> = Object.create(null);
  for (const name of Object.keys(item)) plain[name] = attributeValue(item[name]);
  return plain;
}

function attributeValue(value: AttributeValueJson | undefined): AttributeValue {
  if (value === undefined) throw notAnAttribute(value);
  if (value.S !== undefined) return value.S;
  if (value.N !== undefined) return Number(value.N);
  if (value.M !== undefined) return unmarshall(value.M);
  if (value.L !== undefined) return value.L.map(attributeValue);
  if (value.BOOL !== undefined) return value.BOOL;
  if (value.NULL !== undefined) return null;
  if (value.B !== undefined) return Buffer.from(value.B, 'base64');
  if (value.SS !== undefined) return new Set(value.SS);
  if (value.NS !== undefined) return new Set(value.NS.map(Number));
  throw notAnAttribute(value);
}

function notAnAttribute(found: unknown): TypeError {
  const keys = found instanceof Object ? ` with the keys ${describeFound(Object.keys(found).join(' '))}` : '';
  return new TypeError(
    `change record: found ${describeFound(found)}${keys}, expected a DynamoDB attribute value: S, N, M, L, BOOL, NULL, B, SS or NS`,
  );
}
