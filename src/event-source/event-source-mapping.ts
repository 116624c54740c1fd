// The event source mapping: finds a stream's shards, reads each as soon as its lineage lets it, until stopped.
import type { ShardId } from './brands.ts';
import { CaughtUp, type CaughtUpAnswer } from './caught-up.ts';
import { Nap, orStopped, STOPPED } from './interruption.ts';
import { firstCheckpoints, LATER_SHARD, positionOf, readableShards } from './lineage.ts';
import type { MappingDeps } from './mapping-deps.ts';
import type { MappingParameters } from './mapping-parameters.ts';
import { USUAL_ANSWERS } from './open-questions.ts';
import { persist, reasonOf, serverBackoff } from './persistence.ts';
import type { ShardCheckpoint, ShardDescription } from './ports.ts';
import { createRecordFilter, type RecordFilter } from './record-filter.ts';
import { type ReaderEnd, ShardReader } from './shard-reader.ts';

/** A mapping that runs. Stopping it and starting another of the same name is disabling and enabling it (rule 6). */
export interface RunningMapping {
  /**
   * Resolves with `caught-up` once everything that is in the stream now is handled and checkpointed: for every shard
   * a read that began after this call found nothing, with nothing pending.
   */
  caughtUp(): Promise<CaughtUpAnswer>;
  /** How long the oldest record that was read has been waiting to be handled, in any shard; 0: none is waiting. */
  behindMs(): number;
  /** Resolves when the mapping has stopped completely. May be called again with `abandon`, to stop waiting for an invocation. */
  stop(options: StopOptions): Promise<void>;
  /** Resolves when the mapping has stopped; rejects on what cannot be retried, e.g. unreadable checkpoints. */
  readonly done: Promise<void>;
}

export interface StopOptions {
  /** Running invocations: `finish` waits for them and keeps their checkpoints; `abandon` does not, and their batches are delivered again. */
  readonly invocation: 'finish' | 'abandon';
}

/**
 * Starts one mapping, which reads its stream until it is stopped.
 *
 * @param parameters as `parseMappingParameters` reads them from properties
 * @param deps its stream, function, checkpoints, failure destination, clock and randomness
 * @throws Error for a mapping with Enabled: false
 * @example
 * const mapping = startEventSourceMapping(parameters, deps);
 * await mapping.caughtUp();
 * await mapping.stop({ invocation: 'finish' });
 */
export function startEventSourceMapping(parameters: MappingParameters, deps: MappingDeps): RunningMapping {
  if (!parameters.enabled) throw new Error(`event source mapping ${deps.name} has Enabled: false`);
  return new Mapping(parameters, deps);
}

class Mapping implements RunningMapping {
  readonly done: Promise<void>;
  readonly #parameters: MappingParameters;
  readonly #deps: MappingDeps;
  readonly #filter: RecordFilter | undefined;
  readonly #stopping = new AbortController();
  readonly #abandoning = new AbortController();
  readonly #nap = new Nap();
  readonly #caughtUp = new CaughtUp();
  /** The readers that run. */
  readonly #readers = new Map<ShardId, ShardReader>();
  readonly #runs = new Set<Promise<void>>();
  /** What each shard starts from; kept current only where a shard is drained. */
  readonly #checkpoints = new Map<ShardId, ShardCheckpoint>();
  #failure: { readonly error: unknown } | undefined;

  constructor(parameters: MappingParameters, deps: MappingDeps) {
    this.#parameters = parameters;
    this.#deps = deps;
    const { filters } = parameters;
    const { kinesisMetadataFilters } = { ...USUAL_ANSWERS, ...deps.answers };
    const filterOptions = { kind: deps.stream.kind, kinesisMetadataFilters };
    this.#filter = filters.length === 0 ? undefined : createRecordFilter(filters, filterOptions);
    this.done = this.#run();
  }

  caughtUp(): Promise<CaughtUpAnswer> {
    const answer = this.#caughtUp.ask();
    this.#wakeAll();
    return answer;
  }

  behindMs(): number {
    const nowMs = this.#deps.clock.nowMs();
    const ages = [...this.#readers.values()].map(({ waitingSinceMs = nowMs }) => nowMs - waitingSinceMs);
    return Math.max(0, ...ages);
  }

  stop({ invocation }: StopOptions): Promise<void> {
    if (invocation === 'abandon') this.#abandoning.abort();
    this.#stopping.abort();
    this.#wakeAll();
    return this.done;
  }

  async #run(): Promise<void> {
    await this.#supervise().catch((error: unknown) => this.#fail(error));
    await Promise.all(this.#runs);
    this.#caughtUp.stopped();
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  async #supervise(): Promise<void> {
    const { checkpoints, clock, name, polling } = this.#deps;
    for (const [shard, checkpoint] of await checkpoints.load(name)) this.#restore(shard, checkpoint);
    let isNew = this.#checkpoints.size === 0;
    for (let failures = 0; !this.#stopping.signal.aborted; ) {
      const question = this.#caughtUp.newest;
      const shards = await this.#list(failures);
      failures = shards === undefined ? failures + 1 : 0;
      if (shards === undefined || this.#stopping.signal.aborted) continue;
      const begins = isNew && shards.length > 0;
      if (begins && !(await this.#begin(shards))) return;
      if (begins) isNew = false;
      this.#startReaders(shards, begins && this.#parameters.startingPosition.at === 'latest');
      this.#caughtUp.listed(shards, question);
      await this.#nap.sleep(clock, polling.shardRefreshMs);
    }
  }

  /** The shards; undefined, after a pause, when the stream does not answer. */
  async #list(failures: number): Promise<readonly ShardDescription[] | undefined> {
    const { clock, observe, random, stream } = this.#deps;
    try {
      const shards = await orStopped(stream.listShards(), this.#stopping.signal);
      return shards === STOPPED ? undefined : shards;
    } catch (error) {
      const retryMs = serverBackoff(failures + 1, random);
      observe({ kind: 'unavailable', what: 'stream', shard: undefined, reason: reasonOf(error), retryMs });
      await clock.sleep(retryMs, this.#stopping.signal);
      return undefined;
    }
  }

  async #begin(shards: readonly ShardDescription[]): Promise<boolean> {
    const { checkpoints, clock, name } = this.#deps;
    const first = firstCheckpoints(shards, this.#parameters.startingPosition, clock.nowMs());
    for (const [shard, checkpoint] of first) this.#restore(shard, checkpoint);
    const saving = { what: 'checkpoints', shard: undefined, stopping: this.#stopping.signal } as const;
    return (await persist(this.#deps, saving, () => checkpoints.begin(name, first))) === 'saved';
  }

  #restore(shard: ShardId, checkpoint: ShardCheckpoint): void {
    this.#checkpoints.set(shard, checkpoint);
    if (checkpoint.drained) this.#caughtUp.drained(shard);
  }

  #startReaders(shards: readonly ShardDescription[], atTip: boolean): void {
    const reading = new Set(this.#readers.keys());
    for (const shard of readableShards(shards, this.#checkpoints, reading)) this.#startReader(shard, atTip);
  }

  #startReader(shard: ShardId, atTip: boolean): void {
    const checkpoint = this.#checkpoints.get(shard) ?? LATER_SHARD;
    const position = atTip ? ({ at: 'latest' } as const) : positionOf(checkpoint);
    this.#deps.observe({ kind: 'shard-started', shard, position });
    const reader = new ShardReader(
      {
        shard,
        checkpoint,
        position,
        parameters: this.#parameters,
        filter: this.#filter,
        signals: { stopping: this.#stopping.signal, abandoning: this.#abandoning.signal },
        question: () => this.#caughtUp.newest,
        onTip: (question) => this.#caughtUp.tip(shard, question),
      },
      this.#deps,
    );
    this.#readers.set(shard, reader);
    const run: Promise<void> = reader
      .run()
      .then((end) => this.#ended(shard, end))
      .catch((error: unknown) => this.#fail(error))
      .finally(() => this.#runs.delete(run));
    this.#runs.add(run);
  }

  #ended(shard: ShardId, end: ReaderEnd): void {
    this.#readers.delete(shard);
    if (end === 'stopped') return;
    if (end === 'drained') {
      this.#checkpoints.set(shard, { ...(this.#checkpoints.get(shard) ?? LATER_SHARD), drained: true });
      this.#caughtUp.drained(shard);
      this.#deps.observe({ kind: 'shard-drained', shard });
    }
    this.#nap.wake();
  }

  /** Nothing foreseen: the whole mapping ends, and `done` says why. */
  #fail(error: unknown): void {
    this.#failure ??= { error };
    this.#stopping.abort();
    this.#wakeAll();
  }

  #wakeAll(): void {
    this.#nap.wake();
    for (const reader of this.#readers.values()) reader.wake();
  }
}
