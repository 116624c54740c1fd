// The few table operations the stores stand on, so that DynamoDB and memory can serve them alike.

export type Attribute = { readonly S: string } | { readonly N: string } | { readonly B: Uint8Array };
export type Item = Readonly<Record<string, Attribute>>;

/** A write under the condition that the item's version is the one loaded, or that there is no item. */
export interface VersionedWrite {
  readonly key: Item;
  /** undefined: there must be no item yet. */
  readonly expectedVersion: number | undefined;
  readonly version: number;
  /** An attribute that has to be as it was loaded too: a version comes again where an item was put back to what it had been. */
  readonly expected?: { readonly name: string; readonly value: Attribute } | undefined;
  /** Attributes beside key and version; undefined takes the attribute away. */
  readonly attributes: Readonly<Record<string, Attribute | undefined>>;
  /** What is done with other items if this write is, and only then: all of it or nothing. 99 items at most. */
  readonly beside?: { readonly put: readonly Item[]; readonly remove: readonly Item[] } | undefined;
}

export type VersionedOutcome =
  | { readonly kind: 'committed' }
  /** Somebody else wrote: `stored` is what is there now, if anything. */
  | { readonly kind: 'refused'; readonly stored: Item | undefined }
  /** `tooLarge`: of an item that would be larger than a table takes, so that trying again is of no use. */
  | { readonly kind: 'failed'; readonly reason: string; readonly tooLarge?: true };

/** A partition of a table or index, its sort key between two bounds, both included. */
export interface PartitionQuery {
  readonly index?: string;
  readonly partition: { readonly name: string; readonly value: Attribute };
  readonly sort?: { readonly name: string; readonly from: Attribute; readonly to: Attribute };
  /** From the greatest sort key to the least. */
  readonly descending?: boolean;
  /** About how many items will be taken: no more are read at a time. */
  readonly readAhead?: number;
}

/** A piece of a walk over a whole table. */
export interface ScanPage {
  readonly items: readonly Item[];
  /** The key the next page begins after; undefined: this is the last one. */
  readonly next: Item | undefined;
}

export interface ScanRequest {
  /** Most items; a page may hold fewer, and none, and yet not be the last. */
  readonly limit: number;
  /** A key that a page before ended with. */
  readonly after?: Item | undefined;
  /** Default: true. Without it a page costs half, and an item may be as it was a moment ago. */
  readonly consistent?: boolean;
}

/**
 * Every operation rejects with a StoreError where the table cannot be reached; repeating any of them is safe. Items are of at most
 * `MAX_ITEM_BYTES`, by `itemBytes`.
 */
export interface Table {
  /** Consistent reads; keys without an item are left out. */
  getMany(keys: readonly Item[]): Promise<readonly Item[]>;
  /** One outcome a write, in order; each write succeeds or fails alone. At most one write a key. */
  commit(writes: readonly VersionedWrite[]): Promise<readonly VersionedOutcome[]>;
  /** Puts items whatever is there. Rejects unless all are written; then some may be. At most one item a key. */
  putMany(items: readonly Item[]): Promise<void>;
  /** Repeating it is safe; keys without an item are passed over. */
  deleteMany(keys: readonly Item[]): Promise<void>;
  query(query: PartitionQuery): AsyncIterable<Item>;
  /** Items keep their places in the walk, whatever is written meanwhile: none is skipped and none comes twice. */
  scanPage(request: ScanRequest): Promise<ScanPage>;
  scan(): AsyncIterable<Item>;
}

/** The attribute's text, or undefined where it is not there or not a text. */
export function textOf(item: Item, name: string): string | undefined {
  const attribute = item[name];
  return attribute !== undefined && 'S' in attribute ? attribute.S : undefined;
}

/** The attribute's number, or undefined where it is not there or not a number. */
export function numberOf(item: Item, name: string): number | undefined {
  const attribute = item[name];
  return attribute !== undefined && 'N' in attribute ? Number(attribute.N) : undefined;
}

/** The attribute's bytes, or undefined where it is not there or holds none. */
export function bytesOf(item: Item, name: string): Uint8Array | undefined {
  const attribute = item[name];
  return attribute !== undefined && 'B' in attribute ? attribute.B : undefined;
}

export function text(value: string): Attribute {
  return { S: value };
}

export function number(value: number): Attribute {
  return { N: String(value) };
}

export function bytes(value: Uint8Array): Attribute {
  return { B: value };
}
