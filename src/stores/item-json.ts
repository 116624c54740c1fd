// Items and their changes as a change stream tells them: DynamoDB's JSON, bytes in base64.
import type { TableChange } from './memory-table.ts';
import type { Attribute, Item } from './table.ts';

export type AttributeJson = { readonly S: string } | { readonly N: string } | { readonly B: string };
export type ItemJson = Readonly<Record<string, AttributeJson>>;

export interface ChangeJson {
  readonly eventName: TableChange['eventName'];
  readonly keys: ItemJson;
  readonly oldImage: ItemJson | undefined;
  readonly newImage: ItemJson | undefined;
}

export function changeJson({ eventName, keys, oldImage, newImage }: TableChange): ChangeJson {
  return {
    eventName,
    keys: itemJson(keys),
    oldImage: oldImage === undefined ? undefined : itemJson(oldImage),
    newImage: newImage === undefined ? undefined : itemJson(newImage),
  };
}

export function itemJson(item: Item): ItemJson {
  return Object.fromEntries(
    Object.entries(item).map(([name, attribute]) => [name, attributeJson(attribute)]),
  );
}

function attributeJson(attribute: Attribute): AttributeJson {
  return 'B' in attribute ? { B: Buffer.from(attribute.B).toString('base64') } : attribute;
}

/** What `changeJson` made of an item. @throws Error for an attribute of another type than the stores write */
export function itemFromJson(item: Readonly<Record<string, object>>): Item {
  return Object.fromEntries(
    Object.entries(item).map(([name, attribute]) => [name, attributeFromJson(name, attribute)]),
  );
}

function attributeFromJson(name: string, attribute: object): Attribute {
  if ('S' in attribute && typeof attribute.S === 'string') return { S: attribute.S };
  if ('N' in attribute && typeof attribute.N === 'string') return { N: attribute.N };
  if ('B' in attribute && typeof attribute.B === 'string') return { B: Buffer.from(attribute.B, 'base64') };
  throw new Error(
    `attribute ${name}: found the type ${Object.keys(attribute).join(', ')}, expected S, N or B`,
  );
}
