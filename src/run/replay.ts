// Runs recordings through the whole system, waits until it is idle, closes what is open, and reads the books.
import type { Settings } from '../../cdk/settings/settings.ts';
import { createTelemetryClient } from '../../producers/client/telemetry-client.ts';
import { replayPaced } from '../../producers/replay/paced.ts';
import type { ReplaySpeed } from '../../producers/replay/speed.ts';
import { imbalance, type Ledger } from '../core/ledger.ts';
import { percentile } from '../core/percentile.ts';
import type { MappingEvent } from '../event-source/mapping-events.ts';
import { mergeLowestShards, splitWidestShard } from '../local-stack/reshard.ts';
import { RuntimeError } from '../local-stack/runtime-error.ts';
import type { Clock } from '../platform/clock.ts';
import { systemClock } from '../platform/clock.ts';
import { readLedger, type StoredLedger } from '../stores/read-ledger.ts';
import type { SkippedPath } from '../wire/shapes/skipped-paths.ts';
import { Figures } from './figures.ts';
import { killAtRandom } from './kill-at-random.ts';
import { type RecordingSummary, recordedStream, summarizeRecordings } from './read-recordings.ts';
import { type CountedReason, Reasons } from './reasons.ts';
import { type EntryOptions, replayEntries } from './replay-entries.ts';
import { type Runtime, startRuntime } from './runtime.ts';
import { writeWindowsCsv } from './windows-csv.ts';

export interface ReplayOptions extends EntryOptions {
  readonly files: readonly string[];
  /** The pipeline definition. */
  readonly pipeline: object;
  readonly speed: ReplaySpeed;
  readonly shards: number;
  readonly dataFolder?: string | undefined;
  /** Memory serves, and functions run in this process, whether there is Java or not; nothing can be killed or resharded then. */
  readonly inMemory?: boolean | undefined;
  /** The stack's settings. */
  readonly settings?: Settings | undefined;
  /** Function processes to kill in mid-batch, at random moments. */
  readonly kills: number;
  /** Split a shard after a third of the events, merge two after two thirds. */
  readonly reshard: boolean;
  readonly onProgress?: (progress: ReplayProgress) => void;
  /** Where to write the source windows as CSV. */
  readonly windowsFile?: string | undefined;
  readonly signal?: AbortSignal;
}

export interface ReplayProgress {
  readonly step: string;
  /** Entries put into the stream so far, of `entries`. */
  readonly put: number;
  readonly entries: number;
  /** Events that the aggregate function has reported. */
  readonly folded: number;
  readonly notice: string | undefined;
}

export interface ReplayReport extends Ledger {
  /** Entries of the recordings: events put into the stream, or recorded records handed to the mapping. */
  readonly entries: number;
  /** What this replay added to the books; `stored` is what is in them, earlier replays into the same folder included. */
  readonly stored: StoredLedger;
  /** Every event has one verdict, every late one is in the dead letters, and every event put is in the books. */
  readonly balanced: boolean;
  readonly sources: number;
  /** Source windows closed by this replay. */
  readonly windows: number;
  readonly batches: number;
  /** (source, batch) pairs: what `stateWrites` is in the steady state. */
  readonly sourceBatches: number;
  readonly stateWrites: number;
  readonly stateReads: number;
  readonly stateRefusals: number;
  /** Events at or before what their source had folded in already: they changed nothing, and are not in the books again. */
  readonly redelivered: number;
  readonly kills: number;
  /** Different transitions of alerts that were published; absent where the pipeline has no alerts. */
  readonly alertTransitions?: number;
  readonly elapsedMs: number;
  readonly eventsPerSecond: number;
  /** From the arrival of each batch's last record in the stream to the batch being handled; absent for recorded records. */
  readonly latencyMs?: {
    readonly p50: number;
    readonly p90: number;
    readonly p99: number;
    readonly max: number;
  };
  /** Why events were quarantined; absent where none were. */
  readonly reasons?: readonly CountedReason[];
  /** What of the files was no event, and was not put into the stream; absent where nothing was. */
  readonly notPut?: readonly CountedReason[];
  /** What of the files' events was not taken, by path. */
  readonly notTaken?: readonly SkippedPath[];
  /** Present where the real servers did not serve. */
  readonly notice?: string;
}

/** @throws RecordingError, ArchiveError, PipelineError, RuntimeError */
export async function replay(options: ReplayOptions): Promise<ReplayReport> {
  const summary = await summarizeRecordings(options.files, options);
  const progress = progressAtFirst(summary);
  const latencies: number[] = [];
  const figures = new Figures();
  const stuck = Promise.withResolvers<never>();
  stuck.promise.catch(() => {});
  const watch = watchForFailures(stuck, options.kills);
  const clock = summary.kind === 'kinesis' ? clockEndingAt(summary.lastArrivalMs) : systemClock;
  const tell = (step?: string) => {
    if (step !== undefined) progress.step = step;
    options.onProgress?.({ ...progress });
  };
  const runtime = await startRuntime({
    pipeline: options.pipeline,
    shards: options.shards,
    dataFolder: options.dataFolder,
    inMemory: options.inMemory,
    settings: options.settings,
    schedules: false,
    clock,
    figures,
    ...(summary.kind === 'kinesis' ? { recorded: await recordedStream(options.files, clock, options) } : {}),
    onStep: tell,
    onMapping: (mapping, event) => {
      watch(mapping, event);
      if (mapping === 'aggregate' && event.kind === 'checkpointed') latencies.push(event.lagMs);
      progress.folded = figures.sum('aggregate', 'received');
      tell();
    },
  });
  const killing = new AbortController();
  const feeding = new AbortController();
  try {
    progress.notice = runtime.notice;
    const either = <T>(work: Promise<T>) =>
      Promise.race([work, runtime.failed, stuck.promise, aborted(options.signal)]);
    if (options.dataFolder !== undefined && summary.kind === 'event') {
      tell('handling what an earlier run has left in the stream');
      await either(runtime.caughtUp());
    }
    const before = await storedIn(runtime, options);
    const startedMs = performance.now();
    const kills = killAtRandom(
      { busyPids: runtime.busyPids, random: Math.random, clock: systemClock, kills: options.kills },
      killing.signal,
    );
    if (summary.kind === 'event') {
      tell('putting events into the stream');
      await either(
        feed(runtime, options, summary, feeding.signal, (put) => {
          progress.put = put;
          tell();
        }),
      );
    }
    tell('waiting until everything is handled');
    await either(runtime.caughtUp());
    killing.abort();
    const handledMs = performance.now() - startedMs;
    tell('closing what is open');
    await either(runtime.closeAll());
    await either(runtime.caughtUp());
    const stored = await either(readLedger(runtime.states, runtime.deadLetters));
    tell('reading the windows');
    const windows = await either(
      writeWindowsCsv(runtime.windows, options.windowsFile, {
        withAggregation: runtime.pipeline.aggregations.length > 1,
      }),
    );
    const reasons = stored.quarantined > 0 ? await either(reasonsOf(runtime)) : [];
    return {
      ...booksOf(summary, before, stored),
      windows: windows - before.windows,
      ...costOf(figures),
      kills: await kills,
      ...(runtime.pipeline.alerts.length === 0 ? {} : { alertTransitions: runtime.bus.events }),
      elapsedMs: Math.round(performance.now() - startedMs),
      eventsPerSecond: Math.round((stored.received - before.received) / (handledMs / 1_000)),
      ...(summary.kind === 'event' ? latencyOf(latencies) : {}),
      ...(reasons.length === 0 ? {} : { reasons }),
      ...leftOutOf(summary),
      ...(runtime.notice === undefined ? {} : { notice: runtime.notice }),
    };
  } finally {
    killing.abort();
    feeding.abort();
    await runtime.stop();
  }
}

/** What earlier runs have left in the data folder. */
async function storedIn(
  { states, deadLetters, windows }: Runtime,
  { dataFolder }: ReplayOptions,
): Promise<StoredLedger & { readonly windows: number }> {
  const ledger = await readLedger(states, deadLetters);
  return { ...ledger, windows: dataFolder === undefined ? 0 : await writeWindowsCsv(windows, undefined) };
}

function booksOf(
  { kind, entries }: RecordingSummary,
  before: StoredLedger,
  stored: StoredLedger,
): Ledger & Pick<ReplayReport, 'stored' | 'entries' | 'balanced' | 'sources'> {
  return {
    ...added(before, stored),
    stored,
    entries,
    balanced:
      imbalance(stored) === 0 &&
      stored.late === stored.lateLetters &&
      stored.refused === stored.refusedLetters &&
      (kind === 'kinesis' || stored.received - before.received === entries),
    sources: stored.sources,
  };
}

/** What folding cost, as the functions told. */
function costOf(figures: Figures) {
  return {
    batches: figures.sum('aggregate', 'batches'),
    sourceBatches: figures.sum('aggregate', 'sources'),
    stateWrites: figures.sum('aggregate', 'stateWrites'),
    stateReads: figures.sum('aggregate', 'stateReads'),
    stateRefusals: figures.sum('aggregate', 'stateRefusals'),
    redelivered: figures.sum('aggregate', 'redelivered'),
  };
}

async function reasonsOf({ deadLetters }: Runtime): Promise<readonly CountedReason[]> {
  const reasons = new Reasons();
  for await (const { reason, detail } of deadLetters.list()) {
    if (reason !== 'late' && reason !== 'value-set-aside') reasons.add(reason, detail);
  }
  return reasons.list();
}

function progressAtFirst({ entries }: RecordingSummary) {
  return { step: '', put: 0, entries, folded: 0, notice: undefined as string | undefined };
}

function leftOutOf({ leftOut }: RecordingSummary): Pick<ReplayReport, 'notPut' | 'notTaken'> {
  const { reasons, skipped } = leftOut;
  return {
    ...(reasons.total === 0 ? {} : { notPut: reasons.list() }),
    ...(skipped.total === 0 ? {} : { notTaken: skipped.list() }),
  };
}

/** Puts the events into the stream as they were recorded; resolves when all of them are there. */
async function feed(
  { sink, streamName, kinesis }: Runtime,
  { files, speed, reshard, fileShapes, selection }: ReplayOptions,
  { entries }: RecordingSummary,
  signal: AbortSignal,
  onPut: (put: number) => void,
): Promise<void> {
  const client = createTelemetryClient({
    stream: streamName,
    deps: { sink, clock: systemClock, random: Math.random },
    options: { stampIds: false, maxRecordBytes: REPLAY_RECORD_BYTES },
  });
  let put = 0;
  const reshards = reshard ? [splitWidestShard, mergeLowestShards] : [];
  const events = async function* () {
    for (const file of files) {
      for await (const entry of replayEntries(file, { fileShapes, selection })) {
        if (entry.kind !== 'event') continue;
        yield { event: entry.raw, arrivedAt: entry.arrivedAt };
        put += 1;
        if (put % PROGRESS_EVERY === 0) onPut(put);
        if (kinesis !== undefined && put === Math.ceil((entries * (3 - reshards.length)) / 3)) {
          await reshards.shift()?.(kinesis, streamName);
        }
      }
    }
  };
  await replayPaced({ events: events(), client, speed, clock: systemClock, signal });
  await client.close();
  onPut(put);
}

/** Records of some hundred events: many enough to be cut into batches, few enough to be quick. */
const REPLAY_RECORD_BYTES = 32 * 1024;
const PROGRESS_EVERY = 500;

/** A replay must not wait for ever: what fails so often in a row will go on failing. */
const FAILURES_IN_A_ROW = 12;

function watchForFailures(stuck: PromiseWithResolvers<never>, kills: number) {
  const inARow = new Map<string, number>();
  return (mapping: string, event: MappingEvent) => {
    if (event.kind === 'discarded') {
      const { records, condition, shard } = event.batch;
      const message = `${mapping} gave up ${records.length} records of ${shard} (${condition})`;
      stuck.reject(new RuntimeError('records-discarded', message));
    }
    if (event.kind === 'unavailable' && event.what !== 'stream') {
      stuck.reject(
        new RuntimeError('disk', `${event.what} of ${mapping} cannot be written: ${event.reason}`),
      );
    }
    if (event.kind !== 'invoked') return;
    const failures = event.result === 'success' ? 0 : (inARow.get(mapping) ?? 0) + 1;
    inARow.set(mapping, failures);
    if (failures > FAILURES_IN_A_ROW + kills) {
      const message = `${mapping} failed ${failures} times in a row: ${event.message ?? event.result}`;
      stuck.reject(new RuntimeError('function-failing', message));
    }
  };
}

/** Goes with the machine's clock, but reads the recording's end when it is made: recorded ages are those of then. */
function clockEndingAt(endMs: number): Clock {
  const offsetMs = systemClock.nowMs() - endMs;
  return { nowMs: () => systemClock.nowMs() - offsetMs, sleep: systemClock.sleep };
}

function added(before: StoredLedger, after: StoredLedger): Ledger {
  return {
    received: after.received - before.received,
    applied: after.applied - before.applied,
    duplicate: after.duplicate - before.duplicate,
    late: after.late - before.late,
    quarantined: after.quarantined - before.quarantined,
  };
}

function latencyOf(latencies: number[]): Pick<ReplayReport, 'latencyMs'> {
  const sorted = latencies.sort((a, b) => a - b);
  const at = (share: number) => percentile(sorted, share) ?? 0;
  return sorted.length === 0 ? {} : { latencyMs: { p50: at(0.5), p90: at(0.9), p99: at(0.99), max: at(1) } };
}

function aborted(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_, reject) => {
    const stop = () => reject(new RuntimeError('interrupted', 'interrupted'));
    if (signal?.aborted) stop();
    signal?.addEventListener('abort', stop, { once: true });
  });
}
