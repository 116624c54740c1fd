// The stack in memory under a virtual clock, watched as CloudWatch watches it: the template's mappings, schedules and functions, with
// trouble where the test wants it, and the template's alarms as they stand.
import { fileURLToPath } from 'node:url';
import { readSettings } from '../../cdk/settings/read-settings.ts';
import { TokenDesk } from '../../src/cli/token-desk.ts';
import type { HeldToken, TokenUse } from '../../src/core/access-token.ts';
import type { PipelineDefinition } from '../../src/core/pipeline/definition.ts';
import { parsePipeline } from '../../src/core/pipeline/parse-pipeline.ts';
import { exponentialBackoff } from '../../src/event-source/backoff.ts';
import { startEventSourceMapping } from '../../src/event-source/event-source-mapping.ts';
import { parseMappingParameters } from '../../src/event-source/mapping-parameters.ts';
import { createMemoryCheckpoints } from '../../src/event-source/memory-checkpoints.ts';
import type { FunctionInvoker, InvokeOutcome } from '../../src/event-source/ports.ts';
import { VirtualClock } from '../../src/event-source/virtual-clock.ts';
import type { FunctionHost, InvocationContext } from '../../src/host/function-host.ts';
import { parseTemplate } from '../../src/local-stack/cloudformation-template.ts';
import { LocalCloudWatch } from '../../src/local-stack/cloudwatch/local-cloudwatch.ts';
import type { AlarmSpec } from '../../src/local-stack/cloudwatch/read-alarm.ts';
import { LOCAL_ACCOUNT_ID } from '../../src/local-stack/local-names.ts';
import { isObject } from '../../src/local-stack/property.ts';
import type { FunctionSpec } from '../../src/local-stack/read-function.ts';
import type { MappingSpec } from '../../src/local-stack/read-mapping.ts';
import { createResolver } from '../../src/local-stack/resolve-intrinsics.ts';
import { runSchedule } from '../../src/local-stack/schedule.ts';
import { type LocalSystem, readTemplate } from '../../src/local-stack/template.ts';
import type { FunctionName } from '../../src/platform/names.ts';
import { countedShards } from '../../src/run/counted-shards.ts';
import { countedSink } from '../../src/run/counted-sink.ts';
import { inProcessHost } from '../../src/run/in-process-host.ts';
import { createMemoryBackend } from '../../src/run/memory-backend.ts';
import { MemoryObjects } from '../../src/stores/archive/memory-objects.ts';
import { IssuedTokens } from '../../src/stores/issued-tokens.ts';
import type { Table } from '../../src/stores/table.ts';
import { synthesizedStack } from './synthesized-stack.ts';

const STACK = 'Tidemill-production';
const REGION = 'us-east-1';

export const ALARMED_PIPELINE: PipelineDefinition = {
  aggregations: [{ name: 'minute', window: { tumbling: '60s' }, allowedLateness: '0s', idleTimeout: '1m' }],
  rollups: [{ name: 'by-site', of: 'minute', by: ['site'] }],
  alerts: [
    {
      name: 'hot',
      on: { aggregation: 'minute' },
      metric: 'temperature',
      aggregate: 'max',
      when: { above: 30 },
    },
    // Judged of windows that are not final yet, so that a reader that fails has something it cannot do.
    {
      name: 'site-hot',
      on: { rollup: 'by-site', provisional: true },
      metric: 'temperature',
      aggregate: 'max',
      when: { above: 30 },
    },
    { name: 'silent', when: { absent: '1m' } },
  ],
};

/** What goes wrong; each may be changed while it runs. */
export interface Trouble {
  /** Tables, by the beginning of their logical ids, that cannot be reached. */
  unreachable: readonly string[];
  /** Tables of which no versioned write succeeds. */
  unwritable: readonly string[];
  /** Functions that are given no event at all, and throw. */
  throwing: readonly FunctionName[];
  /** Functions that Lambda does not run, for want of concurrency. */
  throttled: readonly FunctionName[];
  /** Functions that end at once, failing, whatever they are given. */
  failing: readonly FunctionName[];
  bus: boolean;
  secrets: boolean;
  /** The bucket of failures takes nothing. */
  destination: boolean;
  /** Runs of schedules have no time left. */
  noTime: boolean;
  /** A figure that is lost of what `aggregate` publishes. */
  loses: string | undefined;
  /** Live connections take nothing. */
  slow: boolean;
}

const NO_TROUBLE: Trouble = {
  unreachable: [],
  unwritable: [],
  throwing: [],
  throttled: [],
  failing: [],
  bus: false,
  secrets: false,
  destination: false,
  noTime: false,
  loses: undefined,
  slow: false,
};

interface Alarmed {
  readonly system: LocalSystem;
  readonly dashboard: string;
}

/** All that is off by default and has alarms of its own. */
const OPTIONS = {
  archive: true,
  rebuild: true,
  incoming: true,
  mqtt: true,
  outlet: { to: 'kinesis', tells: ['final', 'late', 'alerts'] },
} as const;

function readProduction(): Alarmed {
  const settings = { ...readSettings({}, 'production'), ...OPTIONS };
  const { Outputs, ...whole } = synthesizedStack(settings).toJSON();
  // State machines do not run here: nothing that names one is read.
  const template = parseTemplate({
    ...whole,
    Outputs: Object.fromEntries(Object.entries(Outputs).filter(([name]) => !name.startsWith('RebuildState'))),
  });
  const folder = fileURLToPath(new URL('./handlers', import.meta.url));
  const keys = [...template.resources.values()].flatMap(({ type, properties }) =>
    type === 'AWS::Lambda::Function' && isObject(properties['Code']) ? [properties['Code']['S3Key']] : [],
  );
  const codeFolders = new Map(keys.map((key) => [String(key), folder] as const));
  const system = readTemplate({ stackName: STACK, template, codeFolders }, REGION);
  const resolve = createResolver(template, { stackName: STACK, region: REGION, accountId: LOCAL_ACCOUNT_ID });
  const [dashboard] = [...template.resources.values()].filter(
    ({ type }) => type === 'AWS::CloudWatch::Dashboard',
  );
  return { system, dashboard: String(resolve(dashboard?.properties['DashboardBody'], 'dashboard')) };
}

let synthesized: Alarmed | undefined;

/** Synthesizing takes seconds: once. */
export function production(): Alarmed {
  synthesized ??= readProduction();
  return synthesized;
}

type Handler = (event: unknown, context: InvocationContext) => Promise<unknown>;

export class AlarmRun {
  readonly clock = new VirtualClock();
  readonly cloudWatch = new LocalCloudWatch(() => this.clock.nowMs());
  readonly system: LocalSystem;
  /** What every bucket of the run holds. */
  readonly objects = new MemoryObjects();
  readonly trouble: Trouble = { ...NO_TROUBLE };
  readonly functions = new Map<FunctionName, FunctionInvoker>();
  readonly #pipeline = parsePipeline(ALARMED_PIPELINE);
  readonly #backend: ReturnType<typeof createMemoryBackend>;
  readonly sink: ReturnType<typeof countedSink>;
  #sent = 0;
  #keys = '{"keys":[]}';

  private constructor(system: LocalSystem) {
    this.system = system;
    this.#backend = createMemoryBackend(system, { clock: this.clock, shards: 1, region: REGION });
    this.sink = countedSink(this.#backend.sink, this.cloudWatch);
  }

  /** `mappings`: which of them run; default: all. */
  static async start(
    runs: (mapping: MappingSpec) => boolean = () => true,
    { system } = production(),
  ): Promise<AlarmRun> {
    const run = new AlarmRun(system);
    for (const spec of run.system.functions) await run.#addFunction(spec);
    for (const spec of run.system.mappings) if (runs(spec)) run.#startMapping(spec);
    return run;
  }

  /** The schedules, every minute from now on. */
  schedule(): void {
    for (const spec of this.system.schedules) {
      void runSchedule(
        spec,
        {
          clock: this.clock,
          invoker: this.#named(nameOf(spec.fn)),
          region: REGION,
          newEventId: () => 'event',
          onOutcome: () => {},
        },
        new AbortController().signal,
      );
    }
  }

  /** An event of each source now, of this temperature and what else it measures, at one site or at each of several. */
  async send(
    sources: readonly string[],
    temperature = 20,
    more: Readonly<Record<string, number>> = {},
    sites: readonly string[] = ['mill'],
  ): Promise<void> {
    const everywhere = sources.flatMap((source) => sites.map((site) => ({ source, site })));
    const records = everywhere.map(({ source, site }) => {
      this.#sent += 1;
      const event = {
        id: this.#sent,
        source,
        time: this.clock.nowMs(),
        values: { temperature, ...more },
        tags: { site },
      };
      return { partitionKey: source, data: Buffer.from(JSON.stringify(event)) };
    });
    const streamName = this.system.streams[0]?.name ?? '';
    await this.sink.putRecords({ streamName, records }, new AbortController().signal);
  }

  async invoke(name: FunctionName, event: unknown): Promise<InvokeOutcome> {
    return await this.clock.run(this.#named(name).invoke(JSON.stringify(event)));
  }

  /** A token that the authorizer lets in, for this use. */
  async issue(use: TokenUse = 'device'): Promise<{ readonly text: string; readonly held: HeldToken }> {
    const kept = new Map<string, string>();
    const desk = new TokenDesk({
      secrets: {
        read: async (id) => kept.get(id) ?? '{"keys":[]}',
        change: async (id, change) => void kept.set(id, change(kept.get(id) ?? '{"keys":[]}')),
      },
      signingKeys: 'signing',
      verifyingKeys: 'verifying',
      tokens: new IssuedTokens(this.table('Tokens')),
      nowMs: () => this.clock.nowMs(),
      newId: () => 'token',
    });
    const { text, token } = await desk.issue({
      use,
      subject: 'device-1',
      sources: [],
      lifetimeMs: 3_600_000,
    });
    this.#keys = kept.get('verifying') ?? '';
    // A key that has just been made is not good for every moment before it is known.
    await this.clock.advance(120_000);
    const [key] = JSON.parse(this.#keys).keys;
    const { id, subject, issuedMs, expiresMs } = token;
    return { text, held: { id, use, subject, issuedMs, expiresMs, kid: key.kid } };
  }

  table(start: string): Table {
    const spec = this.system.tables.find(({ logicalId }) => logicalId.startsWith(start));
    if (spec === undefined) throw new Error(`the template has no table ${start}`);
    return this.#backend.table(spec);
  }

  #named(name: FunctionName): FunctionInvoker {
    const found = this.functions.get(name);
    if (found === undefined) throw new Error(`the template has no function ${name}`);
    return found;
  }

  async #addFunction(spec: FunctionSpec): Promise<void> {
    const name = nameOf(spec);
    const { wire }: { readonly wire: (host: FunctionHost) => Handler } = await import(
      `../../consumers/${name}/wire.ts`
    );
    const handler = wire(this.#host(spec));
    const invoke = async (payload: string): Promise<InvokeOutcome> => {
      const { throttled, throwing, failing, noTime } = this.trouble;
      if (throttled.includes(name)) return { kind: 'not-invoked', reason: 'throttled', message: 'no room' };
      if (failing.includes(name)) return { kind: 'function-error', errorType: 'Error', message: 'killed' };
      const deadlineMs = this.clock.nowMs() + (noTime ? 0 : spec.timeoutMs);
      const context = { getRemainingTimeInMillis: () => deadlineMs - this.clock.nowMs() };
      try {
        const event: unknown = throwing.includes(name) ? null : JSON.parse(payload);
        return { kind: 'returned', payload: JSON.stringify((await handler(event, context)) ?? null) };
      } catch (error) {
        return { kind: 'function-error', errorType: 'Error', message: String(error) };
      }
    };
    const fn = { invoke, pids: () => [], busyPids: () => [], stop: async () => {} };
    this.functions.set(name, this.cloudWatch.watching(spec, fn));
  }

  #host(spec: FunctionSpec): FunctionHost {
    const host = inProcessHost(spec, {
      pipeline: this.#pipeline,
      clock: this.clock,
      table: (name) => this.#troubled(name),
      bucket: () => this.objects,
      stream: () => ({
        put: async (records) => records.map(() => (this.trouble.bus ? 'InternalFailure' : undefined)),
      }),
      shards: countedShards((arn) => this.#backend.shards(arn), this.cloudWatch),
      secretsEndpoint: 'http://127.0.0.1:9',
      bus: {
        put: async (entries) => entries.map(() => (this.trouble.bus ? 'InternalFailure: no' : undefined)),
      },
      onLine: ({ text }) => this.cloudWatch.takeLine(text),
    });
    return {
      ...host,
      random: () => 0.5,
      meter: {
        publish: (counts, dimensions) => {
          const { loses } = this.trouble;
          const kept = Object.entries(counts).map(([name, count]) => [name, name === loses ? 0 : count]);
          host.meter.publish(Object.fromEntries(kept), dimensions);
        },
      },
      secret: () => async () => {
        if (this.trouble.secrets) throw new Error('the secret cannot be read');
        return this.#keys;
      },
      poster: () => ({
        post: async () => (this.trouble.slow ? 'failed' : 'posted'),
        disconnect: async () => 'ended',
      }),
    };
  }

  #troubled(name: string): Table {
    const spec = this.system.tables.find((table) => table.name === name);
    if (spec === undefined) throw new Error(`the template has no table ${name}`);
    const table = this.#backend.table(spec);
    const isAmong = (starts: readonly string[]) => starts.some((start) => spec.logicalId.startsWith(start));
    return new Proxy(table, {
      get: (target, key) => {
        const member: unknown = Reflect.get(target, key);
        if (typeof member !== 'function') return member;
        return (...given: readonly unknown[]) => {
          if (isAmong(this.trouble.unreachable)) throw new Error(`${spec.logicalId} cannot be reached`);
          if (key === 'commit' && isAmong(this.trouble.unwritable)) {
            const writes = Array.isArray(given[0]) ? given[0] : [];
            return Promise.resolve(writes.map(() => ({ kind: 'failed', reason: 'not now' })));
          }
          return Reflect.apply(member, target, given);
        };
      },
    });
  }

  #startMapping(spec: MappingSpec): void {
    const { source } = spec;
    const { clock } = this;
    const parameters = parseMappingParameters(spec.properties, {
      kind: source.kind,
      nowMs: clock.nowMs(),
      where: spec.logicalId,
    });
    if (!parameters.enabled) return;
    const stream =
      source.kind === 'kinesis' ? this.#backend.stream(source.stream) : this.#backend.changelog(source.table);
    startEventSourceMapping(parameters, {
      name: spec.uuid,
      stream,
      invoker: this.#named(nameOf(spec.fn)),
      checkpoints: createMemoryCheckpoints(),
      destination: {
        deliver: async () => {
          if (this.trouble.destination) throw new Error('AccessDenied');
        },
      },
      clock,
      random: () => 0.5,
      observe: (event) => this.cloudWatch.takeMapping(spec, event),
      backoff: exponentialBackoff({ baseMs: 1_000, capMs: 30_000 }),
      polling: { idlePollMs: 1_000, shardRefreshMs: 60_000, readLimit: 1_000 },
    });
  }
}

/** The function's own name, by which it calls itself in its metrics. */
export function nameOf({ environment, name }: FunctionSpec): FunctionName {
  return (environment['POWERTOOLS_SERVICE_NAME'] ?? name) as FunctionName; // the constructs give no other
}

export const idOf = ({ logicalId }: AlarmSpec): string => logicalId.replace(/[0-9A-F]{8}$/, '');
