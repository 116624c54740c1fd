// `tidemill/testing`: a pipeline in a test. Put telemetry, let time pass, read what became of it. The real functions over
// tables in memory, behind the real event source mapping, under a virtual clock: no servers, no waiting.
import { readFile } from 'node:fs/promises';
import { parseDurationMs } from '../core/duration.ts';
import type { Ledger } from '../core/ledger.ts';
import type { PipelineDefinition } from '../core/pipeline/definition.ts';
import { parsePipeline } from '../core/pipeline/parse-pipeline.ts';
import type { Pipeline } from '../core/pipeline/pipeline.ts';
import type { AlertEvent } from '../wire/alert-event.ts';
import { PipelineRunner } from './pipeline-runner.ts';
import type { PlayedIncident } from './play-incident.ts';
import {
  isTestRecording,
  itemOfInput,
  itemsOfRecording,
  type PutItem,
  putAt,
  type TestInput,
} from './put-items.ts';
import { readIncident } from './read-incident.ts';
import { playInto, startOf } from './run-incident.ts';
import {
  type AlertRow,
  type DeadLetterRow,
  type RollupRow,
  readAlerts,
  readDeadLetters,
  readLedgerOf,
  readRollups,
  readWindows,
  type WindowRow,
} from './test-rows.ts';

/** Settings of a pipeline test; all are optional. */
export interface PipelineTestOptions {
  /** Time at which the clock starts, ms since the epoch. Default: the arrival of the first event, or 2026-01-01. */
  readonly startMs?: number;
  /** Most records in a batch; results do not depend on it. Default: 10,000. */
  readonly batchSize?: number;
}

/** A running pipeline: put events, let time pass, read results. */
export interface PipelineTest {
  /** Time of the virtual clock, ms since the epoch. */
  nowMs(): number;
  /**
   * Puts events, records or recordings into the stream, in the order given, and resolves when all of them are processed, alerts
   * included. The clock follows the arrivals. An event arrives at its `arrivedAt` if it has one, else at its own time, or at the
   * clock's time if that is later; records keep their arrival times.
   *
   * @param inputs events; Kinesis or DynamoDB records as in a Lambda event or an answer of the API; paths of recordings
   *   and archives; parts of a recording (`{recording, from, to, sources}`); lists of these
   * @throws RecordingError for a file that is not a recording; ArchiveError if an archive is damaged or incomplete; TypeError for any
   *   other input; Error if a function keeps failing
   * @example await test.put({ source: 'd1', time: Date.now(), values: { temperature: 21.5 } });
   */
  put(...inputs: readonly (TestInput | readonly TestInput[])[]): Promise<void>;
  /**
   * Plays an incident that `tidemill incident` captured: the same batches in the same cuts, with the same failures. Put nothing before it.
   *
   * @param file its `incident.ndjson`
   * @returns how much was played, and the first call or answer that is another than was captured
   * @throws IncidentError if the file lacks something, or if this code does not do what was captured
   * @example const { deviation } = await test.play('outage/incident.ndjson');
   */
  play(file: string): Promise<PlayedIncident>;
  /**
   * Lets time pass. The closer and the clock of alerts run every minute, as in the deployed stack.
   *
   * @param duration ms, or a text such as `10m`
   * @example await test.advance('15m');
   */
  advance(duration: number | string): Promise<void>;
  /**
   * Replaces the pipeline definition: functions start cold, on the state stored so far.
   *
   * @throws PipelineError naming every key that is wrong
   */
  deploy(definition: PipelineDefinition): Promise<void>;
  /** Closes all open windows, as if all sources were silent from now on. */
  close(): Promise<void>;
  /** Windows of sources, open ones included, sorted by aggregation, source and start. */
  windows(filter?: {
    readonly aggregation?: string;
    readonly source?: string;
  }): Promise<readonly WindowRow[]>;
  /** Windows of rollups, sorted by rollup, tag values and start. */
  rollups(filter?: { readonly rollup?: string }): Promise<readonly RollupRow[]>;
  /** The present state of each alert, sorted by rule and subject. */
  alerts(filter?: { readonly rule?: string }): Promise<readonly AlertRow[]>;
  /** Alert transitions in the order in which they were first published, each once. */
  transitions(filter?: { readonly rule?: string }): Promise<readonly AlertEvent[]>;
  /** Quarantined and late events, sorted by arrival. */
  deadLetters(filter?: { readonly reason?: string }): Promise<readonly DeadLetterRow[]>;
  /** Counts of events by verdict, of all sources or of one: `received = applied + duplicate + late + quarantined`. */
  ledger(source?: string): Promise<Ledger>;
}

/**
 * Runs a pipeline in memory, under a virtual clock, for a test.
 *
 * @param definition windows, rollups and alerts, as in `cdk/pipeline.ts`
 * @throws PipelineError naming every key that is wrong
 * @example
 * const test = createPipelineTest({ aggregations: [{ name: 'm', window: { tumbling: '60s' } }] });
 * await test.put({ source: 'd1', time: 0, values: { v: 1 } }, { source: 'd1', time: 60_000 });
 * await test.advance('15m');
 * console.log(await test.windows());
 */
export function createPipelineTest(
  definition: PipelineDefinition,
  options: PipelineTestOptions = {},
): PipelineTest {
  return new MemoryPipelineTest(parsePipeline(definition), options);
}

/** The most that a mapping may have: the fewer batches, the sooner a test is done. */
const BATCH_SIZE = 10_000;
const DEFAULT_START_MS = Date.UTC(2026, 0, 1);
/** How often the closer and the clock of alerts run. */
const EVERY_MS = 60_000;
/** Records put before they are handled: some ten MB. */
const PUT_AT_ONCE = 10_000;

class MemoryPipelineTest implements PipelineTest {
  readonly #pipeline: Pipeline;
  readonly #options: PipelineTestOptions;
  #runner: PipelineRunner | undefined;
  /** The latest arrival so far. */
  #latestMs: number | undefined;
  /** Put, and not handled yet. */
  #waiting = 0;

  constructor(pipeline: Pipeline, options: PipelineTestOptions) {
    this.#pipeline = pipeline;
    this.#options = options;
  }

  nowMs(): number {
    return this.#runner?.clock.nowMs() ?? this.#options.startMs ?? DEFAULT_START_MS;
  }

  async put(...inputs: readonly (TestInput | readonly TestInput[])[]): Promise<void> {
    for (const input of inputs.flat()) {
      if (typeof input === 'string' || isTestRecording(input)) {
        for await (const item of itemsOfRecording(input)) await this.#take(item);
      } else {
        const handling = this.#take(itemOfInput(input));
        if (handling !== undefined) await handling;
      }
    }
    await this.#handle();
  }

  /** Most are only put: that many promises would take longer than what they stand for. */
  #take(item: PutItem): Promise<void> | undefined {
    this.#latestMs ??= this.#options.startMs ?? 0;
    const placed = putAt(item, this.#latestMs);
    this.#latestMs = Math.max(this.#latestMs, placed.arrivalMs);
    this.#running(placed.arrivalMs).put(placed);
    this.#waiting += 1;
    return this.#waiting === PUT_AT_ONCE ? this.#handle() : undefined;
  }

  async #handle(): Promise<void> {
    const runner = this.#runner;
    if (runner === undefined) return;
    this.#waiting = 0;
    await runner.moveTo(this.#latestMs ?? 0);
    await runner.caughtUp();
    this.#latestMs = runner.clock.nowMs();
  }

  async play(file: string): Promise<PlayedIncident> {
    const incident = readIncident(await readFile(file, 'utf8'), file);
    const played = await playInto(this.#running(startOf(incident)), incident);
    this.#latestMs = this.nowMs();
    return played;
  }

  async advance(duration: number | string): Promise<void> {
    const ms = typeof duration === 'number' ? duration : parseDurationMs(duration);
    if (ms === undefined || !(ms >= 0)) {
      throw new TypeError(
        `advance: found ${JSON.stringify(duration)}, expected ms or a duration such as "10m"`,
      );
    }
    const runner = this.#running(DEFAULT_START_MS);
    const endMs = runner.clock.nowMs() + ms;
    for (let at = nextRunMs(runner); at <= endMs; at = nextRunMs(runner)) {
      await runner.close({ atMs: at });
      await runner.runAlertClock(at);
    }
    await runner.moveTo(endMs);
    this.#latestMs = Math.max(this.#latestMs ?? 0, endMs);
  }

  async deploy(definition: PipelineDefinition): Promise<void> {
    await this.#running(DEFAULT_START_MS).deploy(parsePipeline(definition));
  }

  async close(): Promise<void> {
    await this.#running(DEFAULT_START_MS).close('everything');
  }

  windows(
    filter: { readonly aggregation?: string; readonly source?: string } = {},
  ): Promise<readonly WindowRow[]> {
    return readWindows(this.#running(DEFAULT_START_MS), filter);
  }

  rollups(filter: { readonly rollup?: string } = {}): Promise<readonly RollupRow[]> {
    return readRollups(this.#running(DEFAULT_START_MS), filter);
  }

  alerts(filter: { readonly rule?: string } = {}): Promise<readonly AlertRow[]> {
    return readAlerts(this.#running(DEFAULT_START_MS), filter);
  }

  async transitions({ rule }: { readonly rule?: string } = {}): Promise<readonly AlertEvent[]> {
    const { transitions } = this.#running(DEFAULT_START_MS);
    return transitions.filter((event) => rule === undefined || event.rule === rule);
  }

  deadLetters(filter: { readonly reason?: string } = {}): Promise<readonly DeadLetterRow[]> {
    return readDeadLetters(this.#running(DEFAULT_START_MS), filter);
  }

  ledger(source?: string): Promise<Ledger> {
    return readLedgerOf(this.#running(DEFAULT_START_MS), source);
  }

  #running(startMs: number): PipelineRunner {
    this.#runner ??= new PipelineRunner({
      pipeline: this.#pipeline,
      startMs: this.#options.startMs ?? startMs,
      batchSize: this.#options.batchSize ?? BATCH_SIZE,
    });
    return this.#runner;
  }
}

/** At whole minutes. */
function nextRunMs({ clock }: PipelineRunner): number {
  return (Math.floor(clock.nowMs() / EVERY_MS) + 1) * EVERY_MS;
}
