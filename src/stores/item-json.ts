// Items and their changes as a change stream tells them: DynamoDB's JSON, bytes in base64.
import type { TableChange } from './memory-table.ts';
import type { Attribute, Item } from './table.ts';

export type AttributeJson = { readonly S: string } | { readonly N: string } | { readonly B: string };
type ItemJson = Readonly<Record<string, AttributeJson>>;

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

function itemJson(item: Item): ItemJson {
  return Object.fromEntries(
    Object.entries(item).map(([name, attribute]) => [name, attributeJson(attribute)]),
  );
}

function attributeJson(attribute: Attribute): AttributeJson {
  return 'B' in attribute ? { B: Buffer.from(attribute.B).toString('base64') } : attribute;
}
