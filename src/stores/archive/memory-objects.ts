// A bucket in memory: for tests, simulation and machines without servers.
import { createHash } from 'node:crypto';
import type { ListedObject, Objects, PutCondition, PutOutcome, StoredObject } from './objects.ts';

export class MemoryObjects implements Objects {
  readonly name: string;
  readonly #objects = new Map<string, StoredObject>();
  readonly #onPut: (key: string) => void;

  /** `onPut` is called with each object once it is stored. */
  constructor(name = 'memory:', onPut: (key: string) => void = () => {}) {
    this.name = name;
    this.#onPut = onPut;
  }

  async get(key: string): Promise<StoredObject | undefined> {
    const stored = this.#objects.get(key);
    return stored && { ...stored, body: Buffer.from(stored.body) };
  }

  async put(key: string, body: Uint8Array, condition?: PutCondition): Promise<PutOutcome> {
    const stored = this.#objects.get(key);
    if (condition === 'absent' && stored !== undefined) return { kind: 'refused' };
    if (typeof condition === 'object' && stored?.tag !== condition.tag) return { kind: 'refused' };
    const tag = createHash('sha256').update(body).digest('hex');
    this.#objects.set(key, { body: Buffer.from(body), tag });
    this.#onPut(key);
    return { kind: 'stored', tag };
  }

  async *list(prefix: string, after = ''): AsyncIterable<ListedObject> {
    const keys = [...this.#objects.keys()].filter((key) => key.startsWith(prefix));
    const sorted = keys.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    for (const key of sorted) {
      const stored = this.#objects.get(key);
      if (stored === undefined || Buffer.compare(Buffer.from(key), Buffer.from(after)) <= 0) continue;
      yield { key, size: stored.body.length };
    }
  }

  async remove(key: string): Promise<void> {
    this.#objects.delete(key);
  }
}
