// What is to be done, kept in the bucket until its report is there: a function that ends in the middle leaves it to the next run. Who is at
// it says until when, so that runs do not do the same beside each other; that saves work, and nothing is wrong without it.
import type { Objects, ObjectTag } from '../../src/stores/archive/objects.ts';
import { UNDER_WAY } from './incoming-keys.ts';

interface Task {
  /** Below `incoming/`. */
  readonly file: string;
  /** ms since the epoch: until then somebody is at it. */
  readonly untilMs: number;
  /** Runs since any of it was put into the stream. */
  readonly tries: number;
}

export interface TakenTask extends Task {
  readonly key: string;
  readonly tag: ObjectTag;
}

export class UnderWay {
  readonly #bucket: Objects;

  constructor(bucket: Objects) {
    this.#bucket = bucket;
  }

  /** Notes what is new and takes it. undefined: it is known, and left to who is at it or to the next look. */
  async begin(key: string, file: string, untilMs: number): Promise<TakenTask | undefined> {
    return await this.#put(key, { file, untilMs, tries: 1 }, 'absent');
  }

  async *waiting(): AsyncIterable<string> {
    for await (const { key } of this.#bucket.list(UNDER_WAY)) yield key;
  }

  /** undefined: it is done, or somebody is at it. */
  async take(key: string, nowMs: number, untilMs: number): Promise<TakenTask | undefined> {
    const stored = await this.#bucket.get(key);
    if (stored === undefined) return undefined;
    const task: Task = JSON.parse(stored.body.toString());
    if (task.untilMs > nowMs) return undefined;
    return await this.#put(key, { ...task, untilMs, tries: task.tries + 1 }, { tag: stored.tag });
  }

  /** Lets the next look have it. */
  async release({ key, tag, file, tries }: TakenTask, hasMoved: boolean): Promise<void> {
    await this.#put(key, { file, untilMs: 0, tries: hasMoved ? 0 : tries }, { tag });
  }

  async end({ key }: TakenTask): Promise<void> {
    await this.#bucket.remove(key);
  }

  async #put(key: string, task: Task, condition: 'absent' | { readonly tag: ObjectTag }) {
    const outcome = await this.#bucket.put(key, Buffer.from(JSON.stringify(task)), condition);
    return outcome.kind === 'stored' ? { ...task, key, tag: outcome.tag } : undefined;
  }
}
