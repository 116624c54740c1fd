// What happened in a run, in order. Words are made only when somebody reads them: most runs are never read.
import { START_MS } from './plan.ts';

export class Trace {
  readonly #entries: { readonly atMs: number; readonly text: string | (() => string) }[] = [];
  readonly #nowMs: () => number;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** What `text` reads must not change afterwards. */
  note(text: string | (() => string)): void {
    this.#entries.push({ atMs: this.#nowMs(), text });
  }

  /** A line an entry: virtual time since the start of the run, and what happened then. */
  lines(): string[] {
    return this.#entries.map(({ atMs, text }) => {
      const time = ((atMs - START_MS) / 1_000).toFixed(3).padStart(9);
      return `${time}  ${typeof text === 'string' ? text : text()}`;
    });
  }
}

/** A shard as people tell it: without zeros. */
export function shortShard(shard: string): string {
  return shard.replace(/^shardId-0*(?=\d)/, 'shard ');
}

/** Sequence numbers by their last digits: those before are the same in a run. */
export function shortSequence(sequence: string): string {
  return `…${sequence.slice(-4)}`;
}
