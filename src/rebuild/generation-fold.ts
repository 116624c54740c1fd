// The pipeline's own functions over a generation's tables: what aggregate writes is told to rollup and alert by the same writer, since
// no mapping reads these tables. Time is the recording's.
import { wire as wireAggregate } from '../../consumers/aggregate/wire.ts';
import { wire as wireAlert } from '../../consumers/alert/wire.ts';
import { createAlertClock } from '../../consumers/alert-clock/alert-clock.ts';
import { createClose } from '../../consumers/close/close.ts';
import { wire as wireRollup } from '../../consumers/rollup/wire.ts';
import type { Pipeline } from '../core/pipeline/pipeline.ts';
import type { FunctionHost } from '../host/function-host.ts';
import { memoryHost } from '../host/memory-host.ts';
import type { Clock } from '../platform/clock.ts';
import { Alerts } from '../stores/alerts.ts';
import type { GenerationTables } from '../stores/generation-tables.ts';
import { changeJson } from '../stores/item-json.ts';
import type { TableChange } from '../stores/memory-table.ts';
import { RollupDirectory } from '../stores/rollup-directory.ts';
import { SourceStates } from '../stores/source-states.ts';
import type { Table } from '../stores/table.ts';
import { TellingTable } from '../stores/telling-table.ts';
import { TOLD_ROLLUPS, TOLD_SOURCES } from '../stores/told-items.ts';
import { Windows } from '../stores/windows.ts';
import { changeEventRecord } from '../wire/change-event.ts';
import type {
  BatchItemFailures,
  DynamoDbEventRecord,
  KinesisEventRecord,
  StreamEvent,
} from '../wire/stream-records.ts';
import { RebuildError } from './rebuild-error.ts';

export interface GenerationFoldOptions {
  readonly pipeline: Pipeline;
  readonly tables: GenerationTables;
  /** Tags of devices: the stack's, whatever the generation. Default: among its own readers'. */
  readonly devices?: Table | undefined;
  readonly clock: Pick<Clock, 'sleep'>;
  readonly random: () => number;
}

export interface FoldedBatch {
  /** What the records held, quarantined ones included, whether or not they had been folded before. */
  readonly events: number;
  /** Those among `events` that had been folded before. */
  readonly redelivered: number;
}

type Changes = (event: StreamEvent<DynamoDbEventRecord>) => Promise<BatchItemFailures>;

/** What a mapping would do for its function, it does itself: a batch is folded when it is, and tried a bounded number of times. */
export class GenerationFold {
  readonly #clock: Pick<Clock, 'sleep'>;
  readonly #told: readonly TellingTable[];
  readonly #aggregate: (event: StreamEvent<KinesisEventRecord>) => Promise<BatchItemFailures>;
  readonly #close: ReturnType<typeof createClose>;
  readonly #alertClock: ReturnType<typeof createAlertClock> | undefined;
  #nowMs = 0;
  #sequence = 0n;
  #counts: Readonly<Record<string, number>> = {};
  #lastError = '';

  constructor({ pipeline, tables, devices, clock, random }: GenerationFoldOptions) {
    this.#clock = clock;
    const host = this.#host(pipeline, tables, random);
    const hasAlerts = pipeline.alerts.length > 0;
    const alert = hasAlerts ? wireAlert(host) : undefined;
    const onRollups = hasAlerts
      ? new TellingTable({
          table: tables.windows,
          items: TOLD_ROLLUPS,
          tell: (changes) => this.#tell([alert], changes),
        })
      : undefined;
    const windows = onRollups ?? tables.windows;
    // Nobody watches a generation live: its table of watchers is empty, and in memory.
    const rollup: Changes = wireRollup({
      ...host,
      table: memoryHost({ pipeline, tables: { ...tables, windows } }).table,
    });
    const sources = new TellingTable({
      table: tables.sources,
      items: TOLD_SOURCES,
      // Alerts look at windows too: they come after those are stored.
      tell: (changes) => this.#tell([rollup, alert], changes),
    });
    const { table } = memoryHost({
      pipeline,
      tables: { ...tables, sources, devices: devices ?? tables.readers },
    });
    this.#aggregate = wireAggregate({ ...host, table, meter: { publish: (counts) => this.#count(counts) } });
    const { log, meter } = host;
    const states = new SourceStates(table('sources'));
    // Who closes an hour knows that all of it has been read.
    const readUpTo = async () => ({ readUpToMs: this.#nowMs, ticks: 0 });
    this.#close = createClose({ pipeline, states, readUpTo, log, meter, nowMs: () => this.#nowMs });
    this.#alertClock = hasAlerts
      ? createAlertClock({
          ...{ pipeline, states, log, meter },
          alerts: new Alerts(tables.alerts),
          windows: new Windows(tables.windows),
          directory: new RollupDirectory(tables.readers),
          readUpToMs: async () => this.#nowMs,
        })
      : undefined;
    this.#told = onRollups === undefined ? [sources] : [onRollups, sources];
  }

  /** Folds records of one shard, in order. @throws RebuildError where they cannot be, however often they are tried */
  async fold(records: readonly KinesisEventRecord[]): Promise<FoldedBatch> {
    const folded = { events: 0, redelivered: 0 };
    let rest = records;
    for (let tries = 1; rest.length > 0; ) {
      this.#nowMs = Math.max(
        ...rest.map(({ kinesis }) => Math.round(kinesis.approximateArrivalTimestamp * 1_000)),
      );
      this.#counts = {};
      const { batchItemFailures } = await this.#aggregate({ Records: [...rest] });
      if ((this.#counts['failures'] ?? 0) > 0) {
        if (tries >= MAX_TRIES) throw this.#notFolded(`records behind ${rest[0]?.kinesis.sequenceNumber}`);
        await this.#clock.sleep(pauseMs(tries));
        tries += 1;
        continue;
      }
      tries = 1;
      folded.events += this.#counts['received'] ?? 0;
      folded.redelivered += this.#counts['redelivered'] ?? 0;
      // What unpacks to more than one invocation handles is left to the next.
      const next = batchItemFailures[0]?.itemIdentifier;
      rest =
        next === undefined
          ? []
          : rest.slice(rest.findIndex(({ kinesis }) => kinesis.sequenceNumber === next));
    }
    return folded;
  }

  /** Closes what has fallen silent by then, and lets alerts on silence be judged. */
  async close(nowMs: number): Promise<void> {
    this.#nowMs = nowMs;
    await this.#until('windows that fell silent', async () => {
      const { finished, failed, refused } = await this.#close({}, UNHURRIED);
      return finished && failed + refused === 0;
    });
    const clock = this.#alertClock;
    if (clock === undefined) return;
    await this.#until('alerts on silence', async () => {
      const { finished, failed, refused } = await clock({}, UNHURRIED);
      return finished && failed + refused === 0;
    });
  }

  /** Tells what a writer left untold that ended. `whole`: by a walk over the tables, so that nothing can be left out. */
  async tellUntold({ whole = false }: { readonly whole?: boolean } = {}): Promise<void> {
    for (const table of this.#told) await (whole ? table.tellWhole() : table.tellUntold());
  }

  #host(pipeline: Pipeline, tables: GenerationTables, random: () => number): FunctionHost {
    return memoryHost({
      pipeline,
      tables,
      random,
      clock: { nowMs: () => this.#nowMs, sleep: (ms) => this.#clock.sleep(ms) },
      // An archive does not say which shard came from which; each one's own ticks are in it.
      shards: (arn) => ({ arn, listShards: async () => [], putIntoEach: async () => 0 }),
      log: {
        info: () => {},
        warn: () => {},
        error: (message, fields) => {
          this.#lastError = `${message} ${JSON.stringify(fields)}`;
        },
      },
    });
  }

  #count(counts: Readonly<Record<string, number>>): void {
    this.#counts = { ...this.#counts, ...counts };
  }

  async #tell(readers: readonly (Changes | undefined)[], changes: readonly TableChange[]): Promise<void> {
    const Records = changes.map((change) => {
      this.#sequence += 1n;
      return changeEventRecord(changeJson(change), {
        sequence: String(this.#sequence),
        atMs: this.#nowMs,
        arn: NO_STREAM,
      });
    });
    for (const reader of readers) {
      if (reader === undefined) continue;
      await this.#until('changes', async () => (await reader({ Records })).batchItemFailures.length === 0);
    }
  }

  async #until(what: string, attempt: () => Promise<boolean>): Promise<void> {
    for (let tries = 1; !(await attempt()); tries += 1) {
      if (tries >= MAX_TRIES) throw this.#notFolded(what);
      await this.#clock.sleep(pauseMs(tries));
    }
  }

  #notFolded(what: string): RebuildError {
    return new RebuildError(
      'not-folded',
      `${what} could not be folded in ${MAX_TRIES} tries: ${this.#lastError}`,
      {
        advice: 'Once what is said there is mended, start it again: it goes on where it ended',
      },
    );
  }
}

const MAX_TRIES = 6;
const NO_STREAM = 'arn:aws:dynamodb:us-east-1:000000000000:table/generation/stream/told';
const UNHURRIED = { getRemainingTimeInMillis: () => 900_000 };

/** 0.1 s, 0.2 s, … */
function pauseMs(tries: number): number {
  return 100 * 2 ** (tries - 1);
}
