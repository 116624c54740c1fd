// How far a shard is handled, over all its lanes, and the checkpoint that says so. The checkpoint never passes a record
// that is not handled, discarded or skipped; lanes that are ahead of it are noted, so that a restart does not repeat them.
import type { EpochMs, SequenceNumber, ShardId } from './brands.ts';
import type { MappingDeps } from './mapping-deps.ts';
import { persist } from './persistence.ts';
import type { OpenWindow, RecordMark, ShardCheckpoint } from './ports.ts';
import { compareSequenceNumbers } from './sequence-number.ts';

export interface ShardProgressOptions {
  readonly shard: ShardId;
  readonly checkpoint: ShardCheckpoint;
  /** Number of lanes. */
  readonly factor: number;
  readonly stopping: AbortSignal;
}

type ProgressDeps = Pick<MappingDeps, 'checkpoints' | 'clock' | 'name' | 'observe' | 'random'>;

/** A record that was read; without a lane there is nothing to do with it. */
interface Outstanding extends RecordMark {
  readonly lane: number | undefined;
}

export class ShardProgress {
  readonly #options: ShardProgressOptions;
  readonly #deps: ProgressDeps;
  readonly #start: ShardCheckpoint;
  /** In stream order: the first is the first that is not handled. */
  readonly #outstanding: Outstanding[] = [];
  /** By lane, the last record handled. */
  readonly #through = new Map<number, SequenceNumber>();
  #sequence: SequenceNumber | undefined;
  #lastArrivalMs: EpochMs = 0;
  #drained = false;
  #window: OpenWindow | undefined;
  #windowsClosedMs: EpochMs | undefined;
  #changes = 0;
  #savedChanges = 0;
  #savedSequence: SequenceNumber | undefined;
  #writing: Promise<boolean> = Promise.resolve(true);
  /** The write that has not begun yet: it will carry every change made until it does. */
  #next: Promise<boolean> | undefined;

  constructor(options: ShardProgressOptions, deps: ProgressDeps) {
    const { checkpoint, factor } = options;
    this.#options = options;
    this.#deps = deps;
    this.#start = checkpoint;
    this.#sequence = checkpoint.sequence;
    this.#savedSequence = checkpoint.sequence;
    this.#window = checkpoint.window;
    this.#windowsClosedMs = checkpoint.windowsClosedMs;
    if (checkpoint.lanes?.factor !== factor) return;
    for (const [lane, sequence] of Object.entries(checkpoint.lanes.through)) {
      this.#through.set(Number(lane), sequence);
    }
  }

  get window(): OpenWindow | undefined {
    return this.#window;
  }

  /** Records read behind the checkpoint, handled or not. */
  get outstanding(): number {
    return this.#outstanding.length;
  }

  /** Arrival of the first record that was read and is not handled; undefined: there is none. */
  get waitingSinceMs(): EpochMs | undefined {
    return this.#outstanding[0]?.arrivalMs;
  }

  /** Where the windows of records to be read begin at the earliest. */
  get windowFloorMs(): EpochMs {
    return this.#window?.startMs ?? this.#windowsClosedMs ?? 0;
  }

  /** Notes a record that was read. False: its lane has handled it before a restart. */
  read({ sequence, arrivalMs }: RecordMark, lane: number): boolean {
    const isNew = !this.#isThrough(lane, sequence);
    this.#outstanding.push({ sequence, arrivalMs, lane });
    if (!isNew) this.#advance();
    return isNew;
  }

  /** Notes a record that was read and is not for the function. */
  skip({ sequence, arrivalMs }: RecordMark): void {
    this.#outstanding.push({ sequence, arrivalMs, lane: undefined });
    this.#advance();
  }

  /** The lane has done with this record and all before it. */
  handled(lane: number, sequence: SequenceNumber): void {
    if (this.#isThrough(lane, sequence)) return;
    this.#through.set(lane, sequence);
    this.#changes += 1;
    this.#advance();
  }

  keepWindow(window: OpenWindow): void {
    this.#window = window;
    this.#changes += 1;
  }

  /** Drops the open window; one that ended by time is never opened again. */
  dropWindow(): void {
    const window = this.#window;
    if (window === undefined) return;
    if (!window.early) this.#windowsClosedMs = window.endMs;
    this.#window = undefined;
    this.#changes += 1;
  }

  /** The shard is closed and everything in it is handled. */
  drained(): Promise<boolean> {
    this.#drained = true;
    this.#changes += 1;
    return this.save();
  }

  /** True once all that is noted by now is saved. False: stopped before. */
  save(): Promise<boolean> {
    this.#next ??= this.#queue();
    return this.#next;
  }

  #queue(): Promise<boolean> {
    const write = () => {
      this.#next = undefined;
      return this.#write();
    };
    this.#writing = this.#writing.then(write, write);
    return this.#writing;
  }

  async #write(): Promise<boolean> {
    if (this.#changes === this.#savedChanges) return true;
    const { shard, stopping } = this.#options;
    const { checkpoints, name } = this.#deps;
    const [changes, arrivalMs, checkpoint] = [this.#changes, this.#lastArrivalMs, this.#checkpoint()];
    const saving = { what: 'checkpoints', shard, stopping } as const;
    const saved = await persist(this.#deps, saving, () => checkpoints.save(name, shard, checkpoint));
    if (saved !== 'saved') return false;
    this.#savedChanges = changes;
    const { sequence } = checkpoint;
    if (sequence === undefined || sequence === this.#savedSequence) return true;
    this.#savedSequence = sequence;
    const lagMs = Math.max(0, this.#deps.clock.nowMs() - arrivalMs);
    this.#deps.observe({ kind: 'checkpointed', shard, sequence, lagMs });
    return true;
  }

  #checkpoint(): ShardCheckpoint {
    const ahead = [...this.#through].filter(([, through]) => !this.#isAtCheckpoint(through));
    const { factor } = this.#options;
    return {
      sequence: this.#sequence,
      start: this.#start.start,
      drained: this.#drained,
      ...(ahead.length === 0 ? {} : { lanes: { factor, through: Object.fromEntries(ahead) } }),
      ...(this.#window === undefined ? {} : { window: this.#window }),
      ...(this.#windowsClosedMs === undefined ? {} : { windowsClosedMs: this.#windowsClosedMs }),
    };
  }

  #advance(): void {
    let done = 0;
    for (const { lane, sequence, arrivalMs } of this.#outstanding) {
      if (lane !== undefined && !this.#isThrough(lane, sequence)) break;
      this.#sequence = sequence;
      this.#lastArrivalMs = arrivalMs;
      done += 1;
    }
    if (done === 0) return;
    this.#outstanding.splice(0, done);
    this.#changes += 1;
  }

  #isThrough(lane: number, sequence: SequenceNumber): boolean {
    const through = this.#through.get(lane);
    return through !== undefined && compareSequenceNumbers(sequence, through) <= 0;
  }

  #isAtCheckpoint(through: SequenceNumber): boolean {
    return this.#sequence !== undefined && compareSequenceNumbers(through, this.#sequence) <= 0;
  }
}
