// The few operations on a bucket that an archive stands on, so that S3, a folder and memory can serve it alike.

/** What tells one state of an object from its others: S3's ETag. */
export type ObjectTag = string;

export interface StoredObject {
  readonly body: Buffer;
  readonly tag: ObjectTag;
}

/** `absent`: there must be no object of that key; a tag: the object must be the one that was read. */
export type PutCondition = 'absent' | { readonly tag: ObjectTag };

export type PutOutcome = { readonly kind: 'stored'; readonly tag: ObjectTag } | { readonly kind: 'refused' };

export interface ListedObject {
  readonly key: string;
  /** Bytes. */
  readonly size: number;
}

/**
 * Every operation rejects with a StoreError where the bucket cannot be reached; repeating any of them is safe, but a conditional
 * write whose answer was lost is refused the second time: whoever is refused reads what is there.
 */
export interface Objects {
  /** For messages: `s3://bucket/` or the folder. */
  readonly name: string;
  /** undefined: there is none. What has been stored is read from then on. */
  get(key: string): Promise<StoredObject | undefined>;
  put(key: string, body: Uint8Array, condition?: PutCondition): Promise<PutOutcome>;
  /** In order of their keys as UTF-8 bytes; `after`: only those behind it. */
  list(prefix: string, after?: string): AsyncIterable<ListedObject>;
  /** Nothing is wrong where there is none. */
  remove(key: string): Promise<void>;
}
