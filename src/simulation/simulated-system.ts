// The system of one run: the real functions over tables in memory, behind the real event source mapping, under a
// virtual clock. Everything that can go wrong stands between them.
import { AsyncLocalStorage } from 'node:async_hooks';
import type { redriveLetters } from '../../consumers/aggregate/redrive-letters.ts';
import type { resumeSource } from '../../consumers/aggregate/resume-source.ts';
import { wire as wireAggregate } from '../../consumers/aggregate/wire.ts';
import { wire as wireAlert } from '../../consumers/alert/wire.ts';
import { wire as wireAlertClock } from '../../consumers/alert-clock/wire.ts';
import { wire as wireAudit } from '../../consumers/audit/wire.ts';
import { wire as wireClose } from '../../consumers/close/wire.ts';
import { wire as wirePublish } from '../../consumers/publish/wire.ts';
import { wire as wireRollup } from '../../consumers/rollup/wire.ts';
import { createRandom } from '../../producers/simulators/random.ts';
import type { PipelineDefinition } from '../core/pipeline/definition.ts';
import { parsePipeline } from '../core/pipeline/parse-pipeline.ts';
import type { Pipeline } from '../core/pipeline/pipeline.ts';
import { exponentialBackoff } from '../event-source/backoff.ts';
import { type RunningMapping, startEventSourceMapping } from '../event-source/event-source-mapping.ts';
import type { MappingEvent } from '../event-source/mapping-events.ts';
import { parseMappingParameters } from '../event-source/mapping-parameters.ts';
import { MemoryStream } from '../event-source/memory-stream.ts';
import type { StreamSource } from '../event-source/ports.ts';
import { VirtualClock } from '../event-source/virtual-clock.ts';
import type { FunctionHost } from '../host/function-host.ts';
import { memoryShardedStream } from '../host/memory-sharded-stream.ts';
import { TTL_ATTRIBUTE, WINDOWS_TABLE } from '../platform/names.ts';
import type { ShardedStream } from '../platform/sharded-stream.ts';
import type { rebuildDownstream } from '../rebuild/rebuild-downstream.ts';
import { changeJson } from '../stores/item-json.ts';
import { type Item, numberOf } from '../stores/table.ts';
import { changeEventRecord } from '../wire/change-event.ts';
import type { DynamoDbEventRecord, StreamEvent } from '../wire/stream-records.ts';
import { CarriedRecords } from './carried-records.ts';
import { changeInWords } from './change-in-words.ts';
import { Checks } from './checks.ts';
import { FaultSchedule } from './fault-schedule.ts';
import { GivenUpBatches } from './given-up-batches.ts';
import type { Invocation } from './invocation.ts';
import { OldCheckpoints } from './old-checkpoints.ts';
import { OperatorsRebuild } from './operators-rebuild.ts';
import type { OwnFunction } from './own-function.ts';
import { PastItems } from './past-items.ts';
import { PastTables } from './past-tables.ts';
import {
  type FunctionName,
  type Plan,
  START_MS,
  STREAM_READERS,
  type StreamName,
  type StreamReader,
} from './plan.ts';
import { PoisonedSources } from './poisoned-sources.ts';
import { type Handler, type HandlerContext, SimulatedFunction } from './simulated-function.ts';
import { simulatedHost } from './simulated-host.ts';
import { SimulatedOwn } from './simulated-own.ts';
import { type SimulatedTable, SimulatedTables, type StoredTable } from './simulated-tables.ts';
import { slowTable } from './slow-table.ts';
import { shortSequence, shortShard, Trace } from './trace.ts';
import { troubledBus } from './troubled-bus.ts';
import { troubledShards } from './troubled-shards.ts';
import { troubledStream } from './troubled-stream.ts';
import { writtenBy } from './written-by.ts';

/** What stands in place of a real part: something broken that must be found, or a second table beside it. */
export interface Replacements {
  readonly table?: (name: SimulatedTable, table: StoredTable) => StoredTable;
  readonly stream?: (name: StreamName, stream: StreamSource) => StreamSource;
  readonly change?: (record: DynamoDbEventRecord) => DynamoDbEventRecord;
  readonly aggregate?: typeof wireAggregate;
  readonly rollup?: typeof wireRollup;
  readonly close?: typeof wireClose;
  readonly resume?: typeof resumeSource;
  readonly redrive?: typeof redriveLetters;
  readonly rebuildDownstream?: typeof rebuildDownstream;
  /** What a function is given in place of what it would be. */
  readonly host?: (name: FunctionName, host: FunctionHost) => FunctionHost;
  /** Functions of one's own, beside the others. */
  readonly own?: readonly OwnFunction[];
}

/** What is scheduled keeps ten seconds for the write under way, so it needs more than others may have. */
const SCHEDULED_TIMEOUT_MS = 60_000;

/** As the stack gives `aggregate`. */
const MEMORY_MB = 1_024;

/** The audit goes over everything stored, and starts again as soon as it is done. */
const EVERYTHING = { passEveryMs: 0, depth: Number.POSITIVE_INFINITY, starts: 1_000 };

/** Parts of rollup windows branch after so few sources as a simulation has. */
const wireBranchingRollup: typeof wireRollup = (host) => wireRollup(host, { partCapacity: 2 });

export class SimulatedSystem {
  /** The pipeline of who writes just now. */
  readonly writer = new AsyncLocalStorage<Pipeline>();
  readonly clock = new VirtualClock(START_MS);
  readonly trace = new Trace(() => this.clock.nowMs());
  readonly checks: Checks;
  readonly faults: FaultSchedule;
  readonly tables: SimulatedTables;
  readonly streams: Readonly<Record<StreamName, MemoryStream>>;
  readonly functions: Readonly<Record<FunctionName, SimulatedFunction>>;
  readonly own: readonly SimulatedOwn[];
  readonly pipeline: Pipeline;
  /** That, and all that are deployed over it. */
  readonly pipelines: readonly [Pipeline, ...Pipeline[]];
  #deployed: Pipeline;
  readonly #byDefinition: ReadonlyMap<PipelineDefinition, Pipeline>;
  /** The mappings there are: those of alerts only where the pipeline has some, as deployed. */
  readonly readers: readonly StreamReader[];
  readonly plan: Plan;
  readonly #replacements: Replacements;
  readonly #checkpoints: Readonly<Record<StreamReader, OldCheckpoints>>;
  /** Jitter of the mappings. */
  readonly #random: () => number;
  /** Pauses of the functions. */
  readonly #pauses: () => number;
  readonly #mappings = new Map<
    StreamReader,
    { readonly running: RunningMapping; readonly generation: number }
  >();
  /** Mappings that are switched off, each until it is on again. */
  readonly #disabled = new Map<StreamReader, Promise<void>>();
  /** What the telemetry stream has carried. */
  readonly carried = new CarriedRecords();
  readonly poisoned: PoisonedSources;
  readonly givenUp: GivenUpBatches;
  /** Whether the sources' removals are TTL's. */
  removalsByTtl = false;
  readonly past = new PastItems();
  readonly #pastTables: PastTables | undefined;
  readonly rebuild: OperatorsRebuild;
  /** Whether the changelog hears of changes of the sources. */
  #isTold = true;
  #untoldUntilMs = 0;

  constructor(plan: Plan, replacements: Replacements) {
    this.plan = plan;
    this.#replacements = replacements;
    if (plan.actions.some(({ kind }) => kind === 'restore-tables')) this.#pastTables = new PastTables();
    this.pipeline = parsePipeline(plan.pipeline);
    this.#deployed = this.pipeline;
    this.#byDefinition = new Map(
      plan.actions.flatMap((action) =>
        action.kind === 'deploy' ? [[action.pipeline, parsePipeline(action.pipeline)] as const] : [],
      ),
    );
    this.pipelines = [this.pipeline, ...this.#byDefinition.values()];
    this.faults = new FaultSchedule(plan.faults);
    this.#random = createRandom(`jitter ${plan.seed}`).next;
    this.#pauses = createRandom(`pauses ${plan.seed}`).next;
    this.checks = new Checks(this.pipelines, {
      nowMs: () => this.clock.nowMs(),
      isMixed: plan.actions.some((action) => action.kind === 'deploy' && action.beside === true),
    });
    this.#checkpoints = {
      aggregate: new OldCheckpoints('aggregate', this.faults),
      rollup: new OldCheckpoints('rollup', this.faults),
      alert: new OldCheckpoints('alert', this.faults),
      'alert-rollups': new OldCheckpoints('alert-rollups', this.faults),
      publish: new OldCheckpoints('publish', this.faults),
    };
    const { clock } = this;
    const { telemetry, changelog, windows = 1, alerts = 1 } = plan.shards;
    this.streams = {
      telemetry: new MemoryStream({ kind: 'kinesis', clock, shards: telemetry }),
      changelog: new MemoryStream({ kind: 'dynamodb', clock, shards: changelog }),
      windows: new MemoryStream({ kind: 'dynamodb', clock, shards: windows }),
      alerts: new MemoryStream({ kind: 'dynamodb', clock, shards: alerts }),
    };
    const watched = new Set(
      this.pipeline.alerts.map(({ on }) => (on.kind === 'rollup' ? 'windows' : 'changelog')),
    );
    this.readers = [
      'aggregate',
      'rollup',
      ...(watched.has('changelog') ? ['alert' as const] : []),
      ...(watched.has('windows') ? ['alert-rollups' as const] : []),
      ...(watched.size > 0 ? ['publish' as const] : []),
    ];
    this.tables = new SimulatedTables(
      (name, change) => {
        this.trace.note(() => changeInWords(name, change));
        this.checks.changed(name, change, this.writer.getStore());
        if (name === 'sources' || name === 'windows')
          this.#pastTables?.note(name, change, this.clock.nowMs());
        if (name === 'sources') {
          this.past.note(change);
          if (this.#isTold && this.clock.nowMs() >= this.#untoldUntilMs)
            this.#tellChange('changelog', changeJson(change));
        }
        if (name === 'windows' && watched.has('windows')) this.#tellChange('windows', changeJson(change));
        if (name === 'alerts') this.#tellChange('alerts', changeJson(change));
      },
      replacements.table ?? ((_, table) => table),
    );
    const operator = this.#operator();
    this.poisoned = new PoisonedSources({
      ...operator,
      sources: this.tables.get('sources'),
      resume: replacements.resume,
    });
    this.rebuild = new OperatorsRebuild({ ...operator, clock, rebuild: replacements.rebuildDownstream });
    this.givenUp = new GivenUpBatches({ ...operator, redrive: replacements.redrive });
    const { aggregate = wireAggregate, rollup = wireBranchingRollup, close = wireClose } = replacements;
    this.functions = {
      aggregate: this.#function('aggregate', plan.timeoutMs, aggregate),
      rollup: this.#function('rollup', plan.timeoutMs, rollup),
      alert: this.#function('alert', plan.timeoutMs, wireAlert),
      publish: this.#function('publish', plan.timeoutMs, wirePublish),
      close: this.#function('close', SCHEDULED_TIMEOUT_MS, close),
      'alert-clock': this.#function('alert-clock', SCHEDULED_TIMEOUT_MS, wireAlertClock),
      audit: this.#function('audit', SCHEDULED_TIMEOUT_MS, (host) =>
        wireAudit(host, { ...EVERYTHING, carried: this.carried }),
      ),
    };
    this.own = (replacements.own ?? []).map((own) => this.#own(own));
  }

  /** Puts a source's items back to what they were so many writes ago. */
  async restore(source: string, writes: number, untold: boolean): Promise<void> {
    const sources = this.tables.get('sources');
    const past = this.past.before(source, writes);
    this.checks.restored(source);
    this.#isTold = !untold;
    try {
      for (const { key, image } of past) if (image === undefined) sources.remove(key);
      await sources.putMany(past.flatMap(({ image }) => (image === undefined ? [] : [image])));
    } finally {
      this.#isTold = true;
    }
  }

  #planned(): ReadonlySet<string> {
    const events = this.plan.records.flatMap((record) => ('events' in record ? record.events : []));
    return new Set(events.map(({ source }) => source));
  }

  /** Changes of sources are lost from now on. */
  loseChanges(forMs: number): void {
    this.checks.untold(this.#planned());
    this.#untoldUntilMs = Math.max(this.#untoldUntilMs, this.clock.nowMs() + forMs);
  }

  /** Everything is stopped, what is under way ends, tables are put back, and all begins with new containers. */
  async restoreTables(names: readonly SimulatedTable[], backMs: number): Promise<void> {
    this.checks.untold(this.#planned());
    const toMs = this.clock.nowMs() - backMs;
    const { aggregate, close, rollup } = this.functions;
    const running = (['aggregate', 'rollup'] as const).map((reader) => this.#current(reader));
    await running[0]?.running.stop({ invocation: 'finish' });
    await aggregate.idle();
    await this.mapping('rollup').caughtUp();
    await running[1]?.running.stop({ invocation: 'finish' });
    await rollup.idle();
    await close.idle();
    await aggregate.idle();
    this.#isTold = false;
    try {
      for (const name of names) await this.#pastTables?.restore(name, this.tables.get(name), toMs);
    } finally {
      this.#isTold = true;
    }
    for (const each of [aggregate, close, rollup]) each.recycle();
    this.startMapping('aggregate', running[0]?.generation);
    this.startMapping('rollup', running[1]?.generation);
  }

  /** What somebody's command has, that is run beside everything else. */
  #operator() {
    const { clock, tables, writer } = this;
    const random = createRandom(`operator ${this.plan.seed}`);
    const ms = () => random.pick([0, 1, 20, 150]);
    return {
      table: (name: SimulatedTable, pipeline: Pipeline) =>
        slowTable(
          writtenBy(tables.get(name), (write) => writer.run(pipeline, write)),
          { clock, ms },
        ),
      pipeline: () => this.#deployed,
      note: (line: string) => this.trace.note(line),
    };
  }

  /** Functions start with it from now on. */
  deploy(definition: PipelineDefinition, beside: boolean): void {
    const pipeline = this.#byDefinition.get(definition);
    if (pipeline === undefined) throw new Error('a pipeline is deployed that is not of the plan');
    this.#deployed = pipeline;
    for (const [name, each] of Object.entries(this.functions)) each.deploy(beside && name === 'aggregate');
  }

  startMapping(reader: StreamReader, generation = 1): void {
    const { clock } = this;
    const { polling, backoff, mappings } = this.plan;
    const { stream: name, function: functionName } = STREAM_READERS[reader];
    const stream = this.streams[name];
    const parameters = parseMappingParameters(
      { ...(mappings[reader] ?? REPORTING), StartingPosition: 'TRIM_HORIZON' },
      { kind: stream.kind, nowMs: clock.nowMs(), where: reader },
    );
    const replaced = this.#replacements.stream?.(name, stream) ?? stream;
    const running = startEventSourceMapping(parameters, {
      name: `${reader} ${generation}`,
      stream: troubledStream(replaced, { name, faults: this.faults, trace: this.trace }),
      invoker: {
        invoke: (payload, affinity = '') =>
          this.functions[functionName].invoke(payload, affinity, () => batchInWords(payload, affinity)),
      },
      checkpoints: this.#checkpoints[reader],
      destination: undefined,
      clock,
      random: this.#random,
      observe: (event) => this.#observe(reader, event),
      backoff: exponentialBackoff(backoff),
      polling,
    });
    running.done.catch((error: unknown) => this.checks.fail(error));
    this.#mappings.set(reader, { running, generation });
  }

  mapping(reader: StreamReader): RunningMapping {
    return this.#current(reader).running;
  }

  /** The mapping is switched off, and on again from its checkpoints. Switched off once more while it is, it stays so for no longer. */
  async disableMapping(reader: StreamReader, forMs: number): Promise<void> {
    if (this.#disabled.has(reader)) return;
    const { running, generation } = this.#current(reader);
    const enabled = (async () => {
      await running.stop({ invocation: 'finish' });
      await this.clock.sleep(forMs);
      this.trace.note(`${reader} mapping  is switched on again`);
      this.#disabled.delete(reader);
      this.startMapping(reader, generation);
    })();
    this.#disabled.set(reader, enabled);
    await enabled;
  }

  /** Resolves when every mapping is on. */
  async enabled(): Promise<void> {
    await Promise.all(this.#disabled.values());
  }

  /** TTL removes windows, all of whose items have run out at once. */
  async expireWindows(): Promise<void> {
    const windows = this.tables.get('windows');
    const nowMs = this.clock.nowMs();
    const due: Item[] = [];
    for await (const item of windows.scan()) {
      const expiresAt = numberOf(item, TTL_ATTRIBUTE);
      if (expiresAt !== undefined && expiresAt * 1_000 + TTL_LAG_MS <= nowMs) due.push(item);
    }
    for (const item of due) {
      const { partitionKey, sortKey } = WINDOWS_TABLE;
      const [series, window] = [item[partitionKey], item[sortKey]];
      if (series === undefined || window === undefined)
        throw new Error('windows: found an item without a key');
      this.checks.windows.expires(item);
      windows.remove({ [partitionKey]: series, [sortKey]: window });
    }
  }

  /** The mapping dies, its invocations go on; another takes up what it checkpointed a while ago. One that is switched off cannot die. */
  async restartMapping(reader: StreamReader, rewind: number): Promise<void> {
    if (this.#disabled.has(reader)) return;
    const { running, generation } = this.#current(reader);
    await running.stop({ invocation: 'abandon' });
    this.#checkpoints[reader].rewind(`${reader} ${generation}`, rewind);
    this.startMapping(reader, generation);
  }

  /** The mapping is deleted, and another one begins at the start of the stream. */
  async recreateMapping(reader: StreamReader): Promise<void> {
    await this.#disabled.get(reader);
    const { running, generation } = this.#current(reader);
    await running.stop({ invocation: 'finish' });
    this.startMapping(reader, generation + 1);
  }

  #current(reader: StreamReader) {
    const current = this.#mappings.get(reader);
    if (current === undefined) throw new Error(`the mapping of ${reader} does not run`);
    return current;
  }

  /** A new container: the function is wired again, to a host whose calls fail as planned. */
  #function<E, A>(
    name: FunctionName,
    timeoutMs: number,
    wire: (host: FunctionHost) => (event: E, context: HandlerContext) => Promise<A>,
  ): SimulatedFunction {
    const { clock, trace, faults, tables, writer } = this;
    const { containers, latenciesMs, memoryMb = MEMORY_MB } = this.plan;
    const { host: given = (_, host) => host } = this.#replacements;
    const start = (invocation: () => Invocation): Handler => {
      const pipeline = this.#deployed;
      const handler = wire(
        given(
          name,
          simulatedHost(invocation, {
            pipeline,
            memoryMb,
            clock,
            random: this.#pauses,
            tables,
            poisoned: this.poisoned,
            writer,
            telemetry: troubledShards(invocation, this.#telemetry()),
            bus: troubledBus(invocation, ({ detail }) => this.checks.alerted(JSON.parse(detail))),
            onCounts: (counts) => this.checks.published(counts),
          }),
        ),
      );
      // what the mapping or the schedule made is of the form that the function takes
      return (event, context) => handler(event as E, context);
    };
    return new SimulatedFunction(
      { name, timeoutMs, containers, start },
      { clock, trace, faults, latenciesMs },
    );
  }

  /** It does not affect anything that the laws check: the run is the same with it and without it. */
  #own(own: OwnFunction): SimulatedOwn {
    const { plan, clock, trace, faults, tables, writer, streams } = this;
    const random = createRandom(`${own.name} ${plan.seed}`).next;
    return new SimulatedOwn(own, {
      plan,
      clock,
      trace,
      faults,
      random,
      stream: streams.telemetry,
      host: (invocation) =>
        simulatedHost(invocation, {
          pipeline: this.#deployed,
          memoryMb: plan.memoryMb ?? MEMORY_MB,
          clock,
          random,
          tables,
          poisoned: this.poisoned,
          writer,
          telemetry: troubledShards(invocation, this.#telemetry()),
          bus: troubledBus(invocation, () => {}),
          onCounts: () => {},
        }),
      onFailure: (error) => this.checks.fail(error),
    });
  }

  /** What the closer puts into it is noted: it is part of what was put into the stream. */
  #telemetry(): ShardedStream {
    const stream = this.streams.telemetry;
    return memoryShardedStream({
      arn: stream.arn,
      listShards: () => stream.listShards(),
      putData: (key, data, shard) => {
        const placement = stream.putData(key, data, shard);
        this.checks.stream.putTick(placement);
        this.carried.put(placement);
        this.trace.note(() => `tick ${shortShard(shard)} ${shortSequence(placement.sequence)}`);
      },
    });
  }

  #tellChange(name: Exclude<StreamName, 'telemetry'>, change: Parameters<typeof changeEventRecord>[0]): void {
    const stream = this.streams[name];
    stream.put(JSON.stringify(change.keys), ({ sequence, arrivalMs }) => {
      const record = changeEventRecord(change, { sequence, atMs: arrivalMs, arn: stream.arn });
      const told =
        this.removalsByTtl && change.eventName === 'REMOVE' ? { ...record, userIdentity: TTL } : record;
      return name === 'changelog' ? (this.#replacements.change?.(told) ?? told) : told;
    });
  }

  #observe(reader: StreamReader, event: MappingEvent): void {
    if (event.kind === 'discarded') {
      if (reader === 'aggregate') {
        this.checks.discarded(event.batch);
        this.givenUp.add(event.batch);
      } else this.checks.fail(new Error('changes were given up, expected the mapping to try for ever'));
    }
    if (event.kind === 'read' || event.kind === 'invoked' || event.kind === 'checkpointed') return;
    this.trace.note(() => `${reader} mapping  ${eventInWords(event)}`);
  }
}

/** What a mapping has that the plan says nothing of. */
const REPORTING = { FunctionResponseTypes: ['ReportBatchItemFailures'] };

/** TTL takes longer than a rollup lags here. */
const TTL_LAG_MS = 600_000;

/** As Lambda tells a removal by TTL (event source mapping rule 12). */
const TTL = { type: 'Service', principalId: 'dynamodb.amazonaws.com' };

function batchInWords(payload: string, shard: string): string {
  const { Records }: StreamEvent = JSON.parse(payload);
  const sequences = Records.map((record) =>
    shortSequence('kinesis' in record ? record.kinesis.sequenceNumber : record.dynamodb.SequenceNumber),
  );
  const [first, last] = [sequences.at(0), sequences.at(-1)];
  return `${shortShard(shard)} ${first === last ? first : `${first} to ${last}`} (${Records.length})`;
}

function eventInWords(event: MappingEvent): string {
  const { kind, ...rest } = event;
  if (event.kind === 'discarded') {
    const { shard, records, condition } = event.batch;
    return `gives up ${records.length} records of ${shortShard(shard)}: ${condition}`;
  }
  const words = Object.entries(rest).map(([name, value]) => `${name} ${JSON.stringify(value)}`);
  return `${kind} ${words.join(' ')}`;
}
