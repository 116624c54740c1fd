// A bucket whose calls fail, before or after they have done what they do, and wait for their turn.
import type {
  ListedObject,
  Objects,
  PutCondition,
  PutOutcome,
  StoredObject,
} from '../../src/stores/archive/objects.ts';

export interface ObjectsTrouble {
  /** 0-based call that fails; undefined: none. */
  readonly failing?: number | undefined;
  /** Whether what the call does is done though it fails. */
  readonly isDone?: boolean;
  /** Awaited before each call. */
  readonly turn?: (what: string) => Promise<void>;
}

export function failingObjects(inner: Objects, { failing, isDone = false, turn }: ObjectsTrouble): Objects {
  let calls = 0;
  const call = async <T>(what: string, work: () => Promise<T>): Promise<T> => {
    const at = calls;
    calls += 1;
    await turn?.(what);
    if (at !== failing) return await work();
    if (isDone) await work();
    throw new Error(`call ${at} (${what}) failed`);
  };
  return {
    name: inner.name,
    get: (key: string): Promise<StoredObject | undefined> => call(`get ${key}`, () => inner.get(key)),
    put: (key: string, body: Uint8Array, condition?: PutCondition): Promise<PutOutcome> =>
      call(`put ${key}`, () => inner.put(key, body, condition)),
    list: (prefix: string, after?: string): AsyncIterable<ListedObject> => inner.list(prefix, after),
    remove: (key: string) => call(`remove ${key}`, () => inner.remove(key)),
  };
}
