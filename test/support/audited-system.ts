// The consumers and the audit on tables in memory, in whatever order somebody calls them.
import { wire as wireAggregate } from '../../consumers/aggregate/wire.ts';
import { wire as wireAudit } from '../../consumers/audit/wire.ts';
import { wire as wireClose } from '../../consumers/close/wire.ts';
import { wire as wireRollup } from '../../consumers/rollup/wire.ts';
import type { Difference } from '../../src/core/audit/difference.ts';
import type { Pipeline } from '../../src/core/pipeline/pipeline.ts';
import { memoryHost } from '../../src/host/memory-host.ts';
import { AuditStore } from '../../src/stores/audit/audit-progress.ts';
import { MemoryTable } from '../../src/stores/memory-table.ts';
import { TABLE_SCHEMAS } from '../../src/stores/table-schemas.ts';
import type { KinesisEventRecord } from '../../src/wire/stream-records.ts';
import { changeRecord } from './change-records.ts';
import { sequenceOf } from './event-streams.ts';
import { Observed } from './observed.ts';
import { noShards } from './shards-in-memory.ts';
import { StoredTables } from './stored-tables.ts';

/** Runs of the audit until it has decided on everything: a pass looks, asks, and decides. */
const RUNS = 4;

const EVERYTHING = { passEveryMs: 0, depth: Number.POSITIVE_INFINITY, starts: 1_000 };
const TIME = { getRemainingTimeInMillis: () => 60_000 };

export class AuditedSystem {
  readonly tables = new StoredTables();
  readonly readers = new MemoryTable(TABLE_SCHEMAS.readers);
  readonly observed = new Observed();
  nowMs = 0;
  /** How many changes of the changelog have been handled. */
  handled = 0;
  #pipeline: Pipeline;

  constructor(pipeline: Pipeline) {
    this.#pipeline = pipeline;
  }

  get pipeline(): Pipeline {
    return this.#pipeline;
  }

  deploy(pipeline: Pipeline): void {
    this.#pipeline = pipeline;
  }

  async aggregate(records: readonly KinesisEventRecord[]): Promise<void> {
    if (records.length > 0) await wireAggregate(this.#host())({ Records: [...records] });
  }

  /** So many changes; default: all there are. */
  async rollUp(most = Number.POSITIVE_INFINITY): Promise<void> {
    const changes = this.tables.changes.sources.slice(this.handled, this.handled + most);
    const records = changes.map((change, at) => changeRecord(change, sequenceOf(this.handled + at)));
    this.handled += changes.length;
    if (records.length > 0) await wireRollup(this.#host())({ Records: records });
  }

  async closeAll(): Promise<void> {
    await wireClose(this.#host())({ closeAll: true }, TIME);
  }

  /** One run. */
  async audit(): Promise<readonly Difference[]> {
    await wireAudit(this.#host(), EVERYTHING)({}, TIME);
    const { progress } = await new AuditStore(this.readers).load();
    return [...(progress?.differences ?? []), ...(progress?.last?.differences ?? [])];
  }

  /** Until all that there is has been looked at twice, with the changelog handled in between. */
  async auditAll(): Promise<readonly Difference[]> {
    const found: Difference[] = [];
    for (let run = 0; run < 2 * RUNS; run += 1) {
      found.push(...(await this.audit()));
      await this.rollUp();
    }
    return found;
  }

  #host() {
    const { log, meter } = this.observed;
    const { sources, windows, deadLetters } = this.tables;
    return memoryHost({
      pipeline: this.#pipeline,
      log,
      meter,
      clock: { nowMs: () => this.nowMs, sleep: async () => {} },
      setting: () => '',
      shards: noShards,
      tables: { sources, windows, deadLetters, readers: this.readers },
    });
  }
}
