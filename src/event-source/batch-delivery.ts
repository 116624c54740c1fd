// Takes one batch through its invocations to its checkpoint: the effects around the state machine of attempt.ts.
import type { ShardId } from '../core/brands.ts';
import {
  afterVerdict,
  beginWork,
  giveUp,
  handledThrough,
  type Step,
  type Work,
  withoutExpired,
} from './attempt.ts';
import { type BatchRecord, isOversized, payloadBytes, payloadOf } from './batcher.ts';
import { orStopped, STOPPED, type StopSignals } from './interruption.ts';
import type { MappingDeps } from './mapping-deps.ts';
import type { MappingParameters } from './mapping-parameters.ts';
import { persist } from './persistence.ts';
import type { DiscardedBatch, ShardCheckpoint } from './ports.ts';
import { judge, type Verdict } from './response.ts';

export interface BatchDeliveryOptions {
  readonly shard: ShardId;
  readonly checkpoint: ShardCheckpoint;
  readonly parameters: MappingParameters;
  readonly signals: StopSignals;
}

export class BatchDelivery {
  readonly #options: BatchDeliveryOptions;
  readonly #deps: MappingDeps;
  #checkpoint: ShardCheckpoint;

  constructor(options: BatchDeliveryOptions, deps: MappingDeps) {
    this.#options = options;
    this.#deps = deps;
    this.#checkpoint = options.checkpoint;
  }

  /** True once every record is handled or discarded, and the checkpoint is behind the last. False: stopped before. */
  async deliver(batch: readonly BatchRecord[]): Promise<boolean> {
    const { stopping } = this.#options.signals;
    let work = beginWork(batch);
    while (work.pending.length > 0) {
      if (stopping.aborted) return false;
      const current = await this.#expire(work);
      if (current === undefined || !(await this.#saveProgress(batch, current))) return false;
      work = current;
      const records = work.pending[0]?.records;
      if (records === undefined) break;
      const step = await this.#try(work, records);
      if (step === undefined) return false;
      if (step.discarded !== undefined && !(await this.#discard(step.discarded))) return false;
      if (!(await this.#saveProgress(batch, step.work))) return false;
      work = step.work;
      if (step.pause) await this.#pause(work);
    }
    return true;
  }

  /** The shard is closed and everything in it is handled. */
  drained(): Promise<boolean> {
    return this.#save({ ...this.#checkpoint, drained: true });
  }

  async #expire(work: Work): Promise<Work | undefined> {
    const { shard, parameters } = this.#options;
    const rules = { ...parameters, retentionMs: this.#deps.stream.retentionMs };
    const checked = withoutExpired(work, rules, this.#deps.clock.nowMs());
    if (checked.lost > 0) this.#deps.observe({ kind: 'lost-to-retention', shard, records: checked.lost });
    for (const discarded of checked.discarded) {
      if (!(await this.#discard(discarded))) return undefined;
    }
    return checked.work;
  }

  async #try(work: Work, records: readonly BatchRecord[]): Promise<Step | undefined> {
    if (records.length === 1 && records.every(isOversized)) return giveUp(work);
    const verdict = await this.#invoke(records);
    const rules = { ...this.#options.parameters, retentionMs: this.#deps.stream.retentionMs };
    return verdict === undefined ? undefined : afterVerdict(work, verdict, rules);
  }

  async #invoke(records: readonly BatchRecord[]): Promise<Verdict | undefined> {
    const { shard, parameters, signals } = this.#options;
    const { clock, invoker, observe } = this.#deps;
    const startMs = clock.nowMs();
    const outcome = await orStopped(invoker.invoke(payloadOf(records), shard), signals.abandoning);
    if (outcome === STOPPED) return undefined;
    const sequences = records.map((record) => record.sequence);
    const verdict = judge(outcome, sequences, parameters.reportBatchItemFailures);
    observe({
      kind: 'invoked',
      shard,
      records: records.length,
      payloadBytes: payloadBytes(records),
      durationMs: clock.nowMs() - startMs,
      result: verdict.kind,
      message: 'message' in verdict ? verdict.message : undefined,
    });
    if (verdict.kind === 'success' && verdict.unrecognised !== undefined) {
      observe({ kind: 'unrecognised-response', shard, found: verdict.unrecognised });
    }
    return verdict;
  }

  async #pause(work: Work): Promise<void> {
    const { backoff, clock, observe, random } = this.#deps;
    const { shard, signals } = this.#options;
    const delayMs = backoff(work.failuresInARow, random);
    const records = work.pending[0]?.records.length ?? 0;
    observe({ kind: 'retry', shard, records, delayMs });
    await clock.sleep(delayMs, signals.stopping);
  }

  async #discard(discarded: Omit<DiscardedBatch, 'shard'>): Promise<boolean> {
    const { shard, signals } = this.#options;
    const { destination } = this.#deps;
    const batch: DiscardedBatch = { shard, ...discarded };
    if (destination !== undefined) {
      const saving = { what: 'destination', shard, stopping: signals.stopping } as const;
      if (!(await persist(this.#deps, saving, () => destination.deliver(batch)))) return false;
    }
    this.#deps.observe({ kind: 'discarded', batch });
    return true;
  }

  async #saveProgress(batch: readonly BatchRecord[], work: Work): Promise<boolean> {
    const last = handledThrough(batch, work);
    if (last === undefined || last.sequence === this.#checkpoint.sequence) return true;
    const { shard } = this.#options;
    if (!(await this.#save({ ...this.#checkpoint, sequence: last.sequence }))) return false;
    const lagMs = Math.max(0, this.#deps.clock.nowMs() - last.arrivalMs);
    this.#deps.observe({ kind: 'checkpointed', shard, sequence: last.sequence, lagMs });
    return true;
  }

  async #save(checkpoint: ShardCheckpoint): Promise<boolean> {
    const { shard, signals } = this.#options;
    const { checkpoints, name } = this.#deps;
    const saving = { what: 'checkpoints', shard, stopping: signals.stopping } as const;
    const saved = await persist(this.#deps, saving, () => checkpoints.save(name, shard, checkpoint));
    if (saved) this.#checkpoint = checkpoint;
    return saved;
  }
}
