// One shard's reader: reads, filters, gives each record to its lane, and lets each lane deliver batch after batch
// (rules 1, 4, 8, 14, 15).
import type { EpochMs, ShardId } from './brands.ts';
import { Nap, type StopSignals } from './interruption.ts';
import { Lane } from './lane.ts';
import { laneOf } from './lane-key.ts';
import { positionOf } from './lineage.ts';
import type { MappingDeps } from './mapping-deps.ts';
import type { MappingParameters } from './mapping-parameters.ts';
import { type OpenQuestions, USUAL_ANSWERS } from './open-questions.ts';
import { serverBackoff } from './persistence.ts';
import type { ShardCheckpoint, ShardPosition, StreamRecord } from './ports.ts';
import type { RecordFilter } from './record-filter.ts';
import { type CursorAnswer, ShardCursor } from './shard-cursor.ts';
import { ShardProgress } from './shard-progress.ts';

/** Behind the tip but nothing found: on at the pace a Kinesis shard allows, five reads a second (rule 2). */
const BEHIND_POLL_MS = 200;

export type ReaderEnd = 'drained' | 'gone' | 'stopped';

export interface ShardReaderOptions {
  readonly shard: ShardId;
  readonly checkpoint: ShardCheckpoint;
  /** As the checkpoint has it, or the tip: a mapping's first start with LATEST. */
  readonly position: ShardPosition;
  readonly parameters: MappingParameters;
  /** undefined: every record goes to the function. */
  readonly filter: RecordFilter | undefined;
  readonly signals: StopSignals;
  /** Number of the newest question whether everything is handled. */
  readonly question: () => number;
  /** All that was in the shard when this question was asked is handled. */
  readonly onTip: (question: number) => void;
}

export class ShardReader {
  readonly #options: ShardReaderOptions;
  readonly #deps: MappingDeps;
  readonly #answers: OpenQuestions;
  readonly #cursor: ShardCursor;
  readonly #progress: ShardProgress;
  readonly #lanes: readonly Lane[];
  readonly #nap = new Nap();
  readonly #underWay = new Set<Promise<void>>();
  /** What was read and is not looked at yet: while every lane is busy one read goes ahead, and no more. */
  #answer: CursorAnswer | undefined;
  #reading = false;
  /** Nothing new was found: the next read is for then, or for when somebody asks. */
  #pollMs: EpochMs = 0;
  /** The stream did not answer: no read before. */
  #serverMs: EpochMs = 0;
  #ended = false;
  #gone = false;
  #more = false;
  #readThroughMs: EpochMs = 0;
  #failures = 0;
  /** Reads in a row that found the tip and nothing new. */
  #idleReads = 0;
  /** The newest question that was answered. */
  #told = 0;
  /** A delivery was cut off by the mapping's end. */
  #cutOff = false;
  #error: { readonly error: unknown } | undefined;

  constructor(options: ShardReaderOptions, deps: MappingDeps) {
    const { shard, checkpoint, position, parameters, signals, question } = options;
    const factor = parameters.parallelizationFactor;
    this.#options = options;
    this.#deps = deps;
    this.#answers = { ...USUAL_ANSWERS, ...deps.answers };
    this.#cursor = new ShardCursor({
      stream: deps.stream,
      shard,
      first: position,
      resume: positionOf(checkpoint),
      limit: deps.polling.readLimit,
      question,
      nowMs: () => deps.clock.nowMs(),
    });
    const { stopping } = signals;
    const progress = new ShardProgress({ shard, checkpoint, factor, stopping }, deps);
    this.#progress = progress;
    const answers = this.#answers;
    const onRetrying = () => this.#nap.wake();
    this.#lanes = Array.from(
      { length: factor },
      (_, lane) => new Lane({ shard, lane, progress, parameters, answers, signals, onRetrying }, deps),
    );
  }

  /** Arrival of the first record that was read and is not handled; undefined: there is none. */
  get waitingSinceMs(): EpochMs | undefined {
    const ahead = this.#answer?.kind === 'records' ? this.#answer.records[0]?.arrivalMs : undefined;
    return this.#progress.waitingSinceMs ?? ahead;
  }

  /** Ends an idle pause at once. */
  wake(): void {
    this.#pollMs = 0;
    this.#nap.wake();
  }

  async run(): Promise<ReaderEnd> {
    const end = await this.#read();
    await Promise.all(this.#underWay);
    if (this.#error !== undefined) throw this.#error.error;
    return end;
  }

  async #read(): Promise<ReaderEnd> {
    const { clock } = this.#deps;
    while (!this.#options.signals.stopping.aborted && !this.#cutOff && this.#error === undefined) {
      this.#beginBatches(clock.nowMs());
      if (this.#answer !== undefined && this.#lanes.some(({ busy }) => !busy)) {
        const answer = this.#answer;
        this.#answer = undefined;
        if (!(await this.#take(answer))) return 'stopped';
        continue;
      }
      if (this.#ended && this.#isIdle()) return this.#end();
      const nowMs = clock.nowMs();
      const readMs = this.#readMs();
      if (readMs !== undefined && readMs <= nowMs) {
        this.#startRead();
        continue;
      }
      const next = Math.min(readMs ?? Number.POSITIVE_INFINITY, this.#dueMs(nowMs));
      await this.#nap.sleep(clock, Number.isFinite(next) ? next - nowMs : undefined);
    }
    return 'stopped';
  }

  async #end(): Promise<ReaderEnd> {
    if (!this.#gone) return (await this.#progress.drained()) ? 'drained' : 'stopped';
    this.#deps.observe({ kind: 'shard-gone', shard: this.#options.shard });
    this.#waitForServer('the shard is not in the stream any more');
    await this.#deps.clock.sleep(this.#serverMs - this.#deps.clock.nowMs(), this.#options.signals.stopping);
    return 'gone';
  }

  #isIdle(): boolean {
    return this.#lanes.every(({ busy, waiting }) => !busy && waiting === 0);
  }

  #beginBatches(nowMs: EpochMs): void {
    const backlogged = this.#isBacklogged();
    for (const lane of this.#lanes) {
      if (lane.busy || this.#isBlocked(lane)) continue;
      const supply = {
        more: this.#more && !backlogged,
        ended: this.#ended,
        readThroughMs: this.#readThroughMs,
      };
      const delivery = lane.begin(nowMs, supply);
      if (delivery === undefined) continue;
      this.#pollMs = 0;
      this.#follow(delivery);
    }
  }

  #follow(delivery: Promise<boolean>): void {
    const followed: Promise<void> = delivery
      .then((done) => {
        if (!done) this.#cutOff = true;
      })
      .catch((error: unknown) => {
        this.#error ??= { error };
      })
      .finally(() => {
        this.#underWay.delete(followed);
        // Whoever asks whether all is handled does not wait for the next poll.
        if (this.#options.question() > this.#told) this.#pollMs = 0;
        this.#nap.wake();
      });
    this.#underWay.add(followed);
  }

  /** Where a failing batch holds up its whole shard, a lane begins nothing while another is retrying. */
  #isBlocked(lane: Lane): boolean {
    if (this.#answers.failingBatchBlocks === 'lane') return false;
    return this.#lanes.some((other) => other !== lane && other.retrying);
  }

  /** A busy lane has as many records waiting as may, or its siblings have gone ahead of one by as many as may for all. */
  #isBacklogged(): boolean {
    const { laneBacklog } = this.#answers;
    const lanes = this.#lanes.length;
    // a single lane has nobody to go ahead of
    if (lanes > 1 && this.#progress.outstanding >= laneBacklog * lanes) return true;
    return this.#lanes.some((lane) => lane.busy && lane.waiting >= laneBacklog);
  }

  /** When to read next; undefined: not before something else happens. */
  #readMs(): EpochMs | undefined {
    if (this.#ended || this.#reading || this.#answer !== undefined) return undefined;
    const { batchSize } = this.#options.parameters;
    const hungry = this.#lanes.some((lane) => !lane.busy && !this.#isBlocked(lane));
    const roomAhead = this.#lanes.every((lane) => lane.waiting < batchSize);
    const wanted = !this.#isBacklogged() && (hungry || roomAhead);
    return wanted ? Math.max(this.#pollMs, this.#serverMs) : undefined;
  }

  /** When the first batching window elapses. */
  #dueMs(nowMs: EpochMs): EpochMs {
    const due = this.#lanes.flatMap((lane) =>
      lane.busy || lane.dueMs === undefined || lane.dueMs <= nowMs || this.#isBlocked(lane)
        ? []
        : [lane.dueMs],
    );
    return Math.min(...due);
  }

  #startRead(): void {
    this.#reading = true;
    void this.#cursor.read().then((answer) => {
      this.#reading = false;
      this.#answer = answer;
      this.#nap.wake();
    });
  }

  async #take(answer: CursorAnswer): Promise<boolean> {
    switch (answer.kind) {
      case 'records':
        return this.#takeRecords(answer);
      case 'trimmed':
        this.#deps.observe({ kind: 'trimmed', shard: this.#options.shard });
        return true;
      case 'unavailable':
        this.#waitForServer(answer.reason);
        return true;
      case 'gone':
        // what was read before is still to be handed over
        this.#ended = true;
        this.#gone = true;
        return true;
    }
  }

  async #takeRecords(answer: CursorAnswer & { kind: 'records' }): Promise<boolean> {
    const { shard, onTip } = this.#options;
    const { records, millisBehindLatest } = answer;
    this.#failures = 0;
    this.#ended = answer.ended;
    this.#more = answer.full;
    this.#deps.observe({ kind: 'read', shard, records: records.length, millisBehindLatest });
    this.#filter(records);
    // with nothing else to do, what was skipped is checkpointed here (rule 37)
    if (this.#isIdle() && !(await this.#progress.save())) return false;
    const behind = (millisBehindLatest ?? 0) > 0;
    if (records.length === 0 && !behind) {
      this.#readThroughMs = Math.max(this.#readThroughMs, answer.beganMs);
    }
    if (records.length > 0 || answer.ended) {
      this.#idleReads = 0;
      return true;
    }
    // a window may be over by now: it is closed before anybody is told that all is handled
    this.#beginBatches(this.#deps.clock.nowMs());
    if (this.#isIdle() && !behind) {
      this.#told = answer.question;
      onTip(answer.question);
    }
    this.#pollMs = this.#deps.clock.nowMs() + (behind ? BEHIND_POLL_MS : this.#idlePauseMs());
    return true;
  }

  #idlePauseMs(): number {
    const { idlePollMs, longestIdlePollMs = idlePollMs } = this.#deps.polling;
    const pauseMs = Math.min(idlePollMs * 2 ** this.#idleReads, longestIdlePollMs);
    this.#idleReads += 1;
    return pauseMs;
  }

  #filter(records: readonly StreamRecord[]): void {
    const { filter, shard } = this.#options;
    let [skipped, notJson] = [0, 0];
    for (const record of records) {
      this.#readThroughMs = Math.max(this.#readThroughMs, record.arrivalMs);
      const verdict = filter?.(record.record) ?? 'pass';
      if (verdict === 'pass') {
        this.#giveToLane(record);
        continue;
      }
      this.#progress.skip(record);
      skipped += 1;
      if (verdict === 'not-json') notJson += 1;
    }
    if (skipped > 0) this.#deps.observe({ kind: 'filtered', shard, records: skipped, notJson });
  }

  #giveToLane(record: StreamRecord): void {
    const { parameters } = this.#options;
    const index = laneOf(record.record, parameters.parallelizationFactor);
    const lane = this.#lanes[index];
    if (lane === undefined) throw new Error(`found lane ${index}, expected one of ${this.#lanes.length}`);
    if (this.#progress.read(record, index)) lane.add(record, this.#deps.clock.nowMs());
  }

  #waitForServer(reason: string): void {
    const { clock, observe, random } = this.#deps;
    this.#failures += 1;
    const retryMs = serverBackoff(this.#failures, random);
    observe({ kind: 'unavailable', what: 'stream', shard: this.#options.shard, reason, retryMs });
    this.#serverMs = clock.nowMs() + retryMs;
  }
}
