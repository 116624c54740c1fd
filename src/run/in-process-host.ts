// What a function asks for where it runs in this process: tables in memory by the names that its environment gives.
import type { Pipeline } from '../core/pipeline/pipeline.ts';
import { FIRST_GENERATION, generationTable } from '../core/rebuild/generation-name.ts';
import type { FunctionHost } from '../host/function-host.ts';
import type { FunctionLine } from '../local-stack/function-invoker.ts';
import type { FunctionSpec } from '../local-stack/read-function.ts';
import { createApiGatewayPoster } from '../platform/api-gateway-poster.ts';
import type { Clock } from '../platform/clock.ts';
import type { EventBus } from '../platform/event-bus.ts';
import { VARIABLE } from '../platform/names.ts';
import type { Log, Meter } from '../platform/observe.ts';
import type { OutgoingStream } from '../platform/outgoing-stream.ts';
import { createSecrets, createSecretsClient } from '../platform/secrets.ts';
import type { ShardedStream } from '../platform/sharded-stream.ts';
import { LOCAL_LIMITS } from '../platform/time-limits.ts';
import type { Objects } from '../stores/archive/objects.ts';
import type { Table } from '../stores/table.ts';

export interface InProcessOptions {
  readonly pipeline: Pipeline;
  readonly clock: Clock;
  /** The table a function's environment names. */
  readonly table: (name: string) => Table;
  /** The bucket a function's environment names. */
  readonly bucket: (name: string) => Objects;
  /** A stream by its ARN. */
  readonly shards: (arn: string) => ShardedStream;
  /** Endpoint of Secrets Manager's stand-in. */
  readonly secretsEndpoint: string;
  /** The run's access key, which its servers ask for; default: they take any. */
  readonly accessKey?: string;
  readonly bus: EventBus;
  /** Streams by name. */
  readonly stream: (name: string) => OutgoingStream;
  readonly onLine: (line: FunctionLine) => void;
}

export function inProcessHost(fn: FunctionSpec, options: InProcessOptions): FunctionHost {
  const { pipeline, clock, table, bucket, secretsEndpoint, bus, stream } = options;
  const client = {
    region: 'us-east-1',
    credentials: { accessKeyId: options.accessKey ?? 'local', secretAccessKey: 'local' },
  };
  const service = fn.environment['POWERTOOLS_SERVICE_NAME'] ?? fn.name;
  const variable = (name: string, expected: string): string => {
    const value = fn.environment[name];
    if (value !== undefined && value !== '') return value;
    throw new Error(`function ${fn.name}: environment variable ${name}: missing, expected ${expected}`);
  };
  const write = (record: object) =>
    options.onLine({ functionName: fn.name, output: 'stdout', text: JSON.stringify(record) });
  return {
    pipeline,
    clock,
    memoryMb: () => fn.memoryMb,
    random: Math.random,
    log: lineLog(service, write),
    meter: lineMeter(fn, service, { write, nowMs: () => clock.nowMs() }),
    table: (name, generation = FIRST_GENERATION) =>
      table(generationTable(variable(VARIABLE.table(name), 'the name of a table'), generation)),
    objects: (name) => bucket(variable(VARIABLE.bucket(name), 'the name of a bucket')),
    shards: options.shards,
    bus: (name) => {
      variable(VARIABLE.bus(name), 'the name of an event bus');
      return bus;
    },
    stream: (name) => stream(variable(VARIABLE.stream(name), 'the name of a stream')),
    secret: (name) => {
      const id = variable(VARIABLE.secret(name), 'the ARN of a secret');
      const secrets = createSecrets(
        createSecretsClient({ ...client, endpoint: secretsEndpoint }, LOCAL_LIMITS),
      );
      return () => secrets.read(id);
    },
    poster: (name) => createApiGatewayPoster(variable(VARIABLE.poster(name), 'a URL'), client),
    setting: (name) => variable(VARIABLE.setting(name), 'a text'),
    option: (name) => fn.environment[VARIABLE.setting(name)] || undefined,
  };
}

/** As Powertools writes them. */
function lineMeter(
  { environment, name }: FunctionSpec,
  service: string,
  { write, nowMs }: { readonly write: (record: object) => void; readonly nowMs: () => number },
): Meter {
  const Namespace = environment['POWERTOOLS_METRICS_NAMESPACE'] ?? name;
  return {
    publish: (counts, dimensions = {}) => {
      const Dimensions = [['service', ...Object.keys(dimensions)]];
      const Metrics = Object.keys(counts).map((Name) => ({ Name }));
      const _aws = { Timestamp: nowMs(), CloudWatchMetrics: [{ Namespace, Dimensions, Metrics }] };
      write({ _aws, service, ...dimensions, ...counts });
    },
  };
}

/** As Powertools writes them. */
function lineLog(service: string, write: (record: object) => void): Log {
  const say = (level: string) => (message: string, fields: object) =>
    write({ level, service, message, ...fields });
  return { info: say('INFO'), warn: say('WARN'), error: say('ERROR') };
}
