// One shard's reader: reads, gathers batches, hands each over and checkpoints it before the next (rules 1, 4, 8, 15).
import type { ShardId } from '../core/brands.ts';
import { BatchDelivery } from './batch-delivery.ts';
import { Batcher, type BatchRecord } from './batcher.ts';
import { Nap, orStopped, STOPPED, type StopSignals } from './interruption.ts';
import { positionOf } from './lineage.ts';
import type { MappingDeps } from './mapping-deps.ts';
import type { MappingParameters } from './mapping-parameters.ts';
import { serverBackoff } from './persistence.ts';
import type { ShardCheckpoint, ShardPosition } from './ports.ts';
import { type CursorAnswer, ShardCursor } from './shard-cursor.ts';

/** Behind the tip but nothing found: on at the pace a Kinesis shard allows, five reads a second (rule 2). */
const BEHIND_POLL_MS = 200;

export type ReaderEnd = 'drained' | 'gone' | 'stopped';

export interface ShardReaderOptions {
  readonly shard: ShardId;
  readonly checkpoint: ShardCheckpoint;
  /** As the checkpoint has it, or the tip: a mapping's first start with LATEST. */
  readonly position: ShardPosition;
  readonly parameters: MappingParameters;
  readonly signals: StopSignals;
  /** Number of the newest question whether everything is handled. */
  readonly question: () => number;
  /** All that was in the shard when this question was asked is handled. */
  readonly onTip: (question: number) => void;
}

export class ShardReader {
  readonly #options: ShardReaderOptions;
  readonly #deps: MappingDeps;
  readonly #cursor: ShardCursor;
  readonly #batcher: Batcher;
  readonly #delivery: BatchDelivery;
  readonly #nap = new Nap();
  #ended = false;
  #gone = false;
  #more = false;
  #failures = 0;

  constructor(options: ShardReaderOptions, deps: MappingDeps) {
    const { shard, checkpoint, position, parameters, signals, question } = options;
    this.#options = options;
    this.#deps = deps;
    this.#cursor = new ShardCursor({
      stream: deps.stream,
      shard,
      first: position,
      resume: positionOf(checkpoint),
      limit: deps.polling.readLimit,
      question,
    });
    this.#batcher = new Batcher(parameters, deps.clock.nowMs());
    this.#delivery = new BatchDelivery({ shard, checkpoint, parameters, signals }, deps);
  }

  /** Ends an idle pause at once. */
  wake(): void {
    this.#nap.wake();
  }

  async run(): Promise<ReaderEnd> {
    const { stopping } = this.#options.signals;
    while (!stopping.aborted) {
      const supply = { more: this.#more, ended: this.#ended };
      const batch = this.#batcher.take(this.#deps.clock.nowMs(), supply);
      if (batch !== undefined) {
        if (!(await this.#handOver(batch))) return 'stopped';
        continue;
      }
      if (this.#ended) return this.#end();
      const answer = await orStopped(this.#cursor.read(), stopping);
      if (answer === STOPPED) return 'stopped';
      await this.#take(answer);
    }
    return 'stopped';
  }

  async #end(): Promise<ReaderEnd> {
    if (!this.#gone) return (await this.#delivery.drained()) ? 'drained' : 'stopped';
    this.#deps.observe({ kind: 'shard-gone', shard: this.#options.shard });
    await this.#waitForServer('the shard is not in the stream any more');
    return 'gone';
  }

  async #handOver(batch: readonly BatchRecord[]): Promise<boolean> {
    // reading goes on while the function works, one read ahead
    if (!this.#ended && this.#batcher.waiting < this.#options.parameters.batchSize) this.#cursor.readAhead();
    const done = await this.#delivery.deliver(batch);
    this.#batcher.beginWindow(this.#deps.clock.nowMs());
    return done;
  }

  async #take(answer: CursorAnswer): Promise<void> {
    switch (answer.kind) {
      case 'records':
        return this.#takeRecords(answer);
      case 'trimmed':
        return this.#deps.observe({ kind: 'trimmed', shard: this.#options.shard });
      case 'unavailable':
        return this.#waitForServer(answer.reason);
      case 'gone':
        // what was read before is still to be handed over
        this.#ended = true;
        this.#gone = true;
        return;
    }
  }

  async #takeRecords(answer: CursorAnswer & { kind: 'records' }): Promise<void> {
    const { shard, onTip } = this.#options;
    const { records, millisBehindLatest } = answer;
    this.#failures = 0;
    this.#ended = answer.ended;
    this.#more = answer.full;
    this.#batcher.add(records, this.#deps.clock.nowMs());
    this.#deps.observe({ kind: 'read', shard, records: records.length, millisBehindLatest });
    if (records.length > 0 || answer.ended) return;
    const behind = (millisBehindLatest ?? 0) > 0;
    if (this.#batcher.waiting === 0 && !behind) onTip(answer.question);
    await this.#rest(behind ? BEHIND_POLL_MS : this.#deps.polling.idlePollMs);
  }

  /** Until the next poll, or until the batching window elapses. */
  async #rest(pollMs: number): Promise<void> {
    const { clock } = this.#deps;
    const dueMs = this.#batcher.dueMs;
    const leftMs = dueMs === undefined ? pollMs : Math.max(0, dueMs - clock.nowMs());
    if (leftMs > 0) await this.#nap.sleep(clock, Math.min(pollMs, leftMs));
  }

  async #waitForServer(reason: string): Promise<void> {
    const { clock, observe, random } = this.#deps;
    this.#failures += 1;
    const retryMs = serverBackoff(this.#failures, random);
    observe({ kind: 'unavailable', what: 'stream', shard: this.#options.shard, reason, retryMs });
    await clock.sleep(retryMs, this.#options.signals.stopping);
  }
}
