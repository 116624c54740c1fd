// Whether everything that was in the stream when somebody asked is handled. Questions are numbered; an answer counts
// only if it comes from a list and from reads that began after the question.
import type { ShardId } from './brands.ts';
import type { ShardDescription } from './ports.ts';

export type CaughtUpAnswer = 'caught-up' | 'stopped';

interface Question {
  readonly number: number;
  readonly resolve: (answer: CaughtUpAnswer) => void;
}

export class CaughtUp {
  #newest = 0;
  #open: readonly Question[] = [];
  #stopped = false;
  #listed: { readonly shards: readonly ShardDescription[]; readonly question: number } | undefined;
  /** By shard, the newest question for which all it asked about is handled. */
  readonly #tips = new Map<ShardId, number>();

  /** Number of the newest question. */
  get newest(): number {
    return this.#newest;
  }

  ask(): Promise<CaughtUpAnswer> {
    if (this.#stopped) return Promise.resolve('stopped');
    this.#newest += 1;
    const number = this.#newest;
    return new Promise((resolve) => {
      this.#open = [...this.#open, { number, resolve }];
    });
  }

  /** The stream's shards, listed after this question was asked. */
  listed(shards: readonly ShardDescription[], question: number): void {
    this.#listed = { shards, question };
    this.#answer();
  }

  /** A read that began after this question found the shard's tip, with nothing pending. */
  tip(shard: ShardId, question: number): void {
    this.#tips.set(shard, question);
    this.#answer();
  }

  /** The shard is handled to its end: that holds for every question to come. */
  drained(shard: ShardId): void {
    this.tip(shard, Number.POSITIVE_INFINITY);
  }

  stopped(): void {
    this.#stopped = true;
    for (const question of this.#open) question.resolve('stopped');
    this.#open = [];
  }

  #answer(): void {
    const settled = this.#open.filter(({ number }) => this.#isHandled(number));
    if (settled.length === 0) return;
    this.#open = this.#open.filter((question) => !settled.includes(question));
    for (const question of settled) question.resolve('caught-up');
  }

  #isHandled(question: number): boolean {
    if (this.#listed === undefined || this.#listed.question < question) return false;
    return this.#listed.shards.every(({ id }) => (this.#tips.get(id) ?? 0) >= question);
  }
}
