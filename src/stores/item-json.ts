// An item as a change stream tells it: DynamoDB's JSON, bytes in base64.
import type { Attribute, Item } from './table.ts';

export type AttributeJson = { readonly S: string } | { readonly N: string } | { readonly B: string };

export function itemJson(item: Item): Readonly<Record<string, AttributeJson>> {
  return Object.fromEntries(
    Object.entries(item).map(([name, attribute]) => [name, attributeJson(attribute)]),
  );
}

function attributeJson(attribute: Attribute): AttributeJson {
  return 'B' in attribute ? { B: Buffer.from(attribute.B).toString('base64') } : attribute;
}
