// A pipeline on tables in memory with all that readers stand on: events go in, and come out by the query API and live.
import { wire as wireAggregate } from '../../consumers/aggregate/wire.ts';
import { wire as wireClose } from '../../consumers/close/wire.ts';
import { wire as wireQuery } from '../../consumers/query/wire.ts';
import { wire as wireRollup } from '../../consumers/rollup/wire.ts';
import type { PipelineDefinition } from '../../src/core/pipeline/definition.ts';
import { parsePipeline } from '../../src/core/pipeline/parse-pipeline.ts';
import { VirtualClock } from '../../src/event-source/virtual-clock.ts';
import { memoryHost } from '../../src/host/memory-host.ts';
import { LIVE_TABLE, READERS_TABLE, TOKENS_TABLE } from '../../src/platform/names.ts';
import { Alerts } from '../../src/stores/alerts.ts';
import { DeadLetters } from '../../src/stores/dead-letters.ts';
import { IssuedTokens } from '../../src/stores/issued-tokens.ts';
import { LiveConnections } from '../../src/stores/live-connections.ts';
import { MemoryTable, type TableChange } from '../../src/stores/memory-table.ts';
import { RecentAlerts } from '../../src/stores/recent-alerts.ts';
import { RollupDirectory } from '../../src/stores/rollup-directory.ts';
import { SourceStates } from '../../src/stores/source-states.ts';
import { TokenStanding } from '../../src/stores/token-standing.ts';
import { Windows } from '../../src/stores/windows.ts';
import { OPERATIONS } from '../../src/wire/api/operations.ts';
import type { RestAnswer, RestEvent } from '../../src/wire/rest-event.ts';
import { changeRecord } from './change-records.ts';
import { sequenceOf } from './event-streams.ts';
import { KID } from './held-token.ts';
import { kinesisRecord } from './kinesis-records.ts';
import { Observed } from './observed.ts';
import { noShards } from './shards-in-memory.ts';
import { StoredTables } from './stored-tables.ts';

export class ReadingSystem {
  readonly pipeline;
  readonly clock = new VirtualClock();
  readonly observed = new Observed();
  readonly tables = new StoredTables();
  readonly readersTable = new MemoryTable({
    partitionKey: READERS_TABLE.partitionKey,
    sortKey: READERS_TABLE.sortKey,
  });
  readonly liveChanges: TableChange[] = [];
  readonly liveTable = new MemoryTable(
    { partitionKey: LIVE_TABLE.partitionKey, sortKey: LIVE_TABLE.sortKey },
    (change) => this.liveChanges.push(change),
  );
  readonly states = new SourceStates(this.tables.sources);
  readonly windows = new Windows(this.tables.windows);
  readonly deadLetters = new DeadLetters(this.tables.deadLetters);
  readonly alerts = new Alerts(this.tables.alerts);
  readonly directory = new RollupDirectory(this.readersTable);
  readonly connections = new LiveConnections(this.liveTable);
  readonly recent = new RecentAlerts(this.liveTable);
  readonly tokens = new IssuedTokens(new MemoryTable({ partitionKey: TOKENS_TABLE.partitionKey }));
  /** Those that are not retired. */
  keys: readonly { readonly kid: string }[] = [{ kid: KID }];
  readonly standing = new TokenStanding({
    tokens: this.tokens,
    keys: { current: async () => this.keys, forUnknownKey: async () => this.keys },
    nowMs: () => this.clock.nowMs(),
    maxAgeMs: 0,
  });
  readonly query: (event: RestEvent) => Promise<RestAnswer>;
  readonly #aggregate;
  readonly #rollup;
  readonly #close;
  #sent = 0;
  #rolledUp = 0;

  constructor(definition: PipelineDefinition) {
    this.pipeline = parsePipeline({ allowOldTimes: true, ...definition });
    const { sources, windows, deadLetters, alerts } = this.tables;
    const host = memoryHost({
      pipeline: this.pipeline,
      log: this.observed.log,
      meter: this.observed.meter,
      clock: this.clock,
      setting: () => '',
      shards: noShards,
      tables: { sources, windows, deadLetters, alerts, readers: this.readersTable, live: this.liveTable },
    });
    this.#aggregate = wireAggregate(host);
    this.#rollup = wireRollup(host);
    this.#close = wireClose(host);
    this.query = wireQuery(host);
  }

  /** A batch of a record each through the aggregate consumer: what comes of it waits in the changelog. */
  async send(...events: readonly object[]): Promise<void> {
    const Records = events.map((data) => {
      this.#sent += 1;
      return kinesisRecord({ data, sequence: sequenceOf(this.#sent), arrivalMs: this.clock.nowMs() });
    });
    const { batchItemFailures } = await this.#aggregate({ Records });
    if (batchItemFailures.length > 0) throw new Error('events were not committed');
  }

  async closeAll(): Promise<void> {
    await this.#close({ closeAll: true }, { getRemainingTimeInMillis: () => 60_000 });
  }

  /** The rollup consumer's next changes of sources, or all there are. */
  async rollUp(most = Number.POSITIVE_INFINITY, from = this.#rolledUp): Promise<void> {
    const changes = this.tables.changes.sources;
    const to = Math.min(changes.length, from + most);
    const Records = changes.slice(from, to).map((change, at) => changeRecord(change, sequenceOf(from + at)));
    if (Records.length === 0) return;
    const { batchItemFailures } = await this.#rollup({ Records });
    if (batchItemFailures.length > 0) throw new Error('changes were not folded');
    this.#rolledUp = Math.max(this.#rolledUp, to);
  }

  /** Changes of sources that the rollup consumer has not seen. */
  get waiting(): number {
    return this.tables.changes.sources.length - this.#rolledUp;
  }

  async get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<RestAnswer> {
    return await this.clock.run(this.query(restEvent(path, headers)));
  }
}

/** What API Gateway makes of a request: the resource whose path fits, and the path as it was sent. */
export function restEvent(path: string, headers: Readonly<Record<string, string>> = {}): RestEvent {
  const [segments = '', query = ''] = path.split('?');
  const given = segments.split('/');
  const values = new Map<string, string[]>();
  for (const [name, value] of new URLSearchParams(query)) {
    values.set(name, [...(values.get(name) ?? []), value]);
  }
  const fits = (resource: string) => {
    const wanted = resource.split('/');
    return (
      wanted.length === given.length && wanted.every((one, at) => one.startsWith('{') || one === given[at])
    );
  };
  const resource = Object.values(OPERATIONS).find((one) => fits(one.path))?.path ?? segments;
  return {
    resource,
    httpMethod: 'GET',
    path: segments,
    headers,
    multiValueQueryStringParameters: Object.fromEntries(values),
  };
}
