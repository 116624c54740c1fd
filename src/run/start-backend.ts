// Starts what a local run stands on: the real servers where there is Java for them, else memory.
import { join, resolve } from 'node:path';
import type { KinesisClient } from '@aws-sdk/client-kinesis';
import { startDynamoDbServer } from '../local-stack/dynamodb-server.ts';
import { startEventBusServer } from '../local-stack/event-bus-server.ts';
import { startKinesisServer } from '../local-stack/kinesis-server.ts';
import type { LocalServer } from '../local-stack/local-server.ts';
import type { TableSpec } from '../local-stack/read-table.ts';
import { RuntimeError } from '../local-stack/runtime-error.ts';
import { startSecretsServer } from '../local-stack/secrets-server.ts';
import type { LocalSystem } from '../local-stack/template.ts';
import { systemClock } from '../platform/clock.ts';
import type { EventBus } from '../platform/event-bus.ts';
import { type Backend, createServerBackend } from './backends.ts';
import { type LocalBuckets, startLocalBuckets } from './local-buckets.ts';
import { createMemoryBackend } from './memory-backend.ts';
import type { RunningFile } from './running-file.ts';
import { startTablesServer } from './tables-server.ts';

export interface BackendOptions {
  readonly region: string;
  /** The local servers take no clients without it. */
  readonly accessKey: string;
  readonly shards: number;
  readonly dataFolder?: string | undefined;
  /** Memory serves, and functions run in this process, though there be Java. */
  readonly inMemory?: boolean | undefined;
  readonly kinesisPort?: number | undefined;
  readonly dynamodbPort?: number | undefined;
  /** Where the functions publish events. */
  readonly bus: EventBus;
}

/** `failure` is rejected when a server dies; `cleanups` gets what stops them. */
export async function startBackend(
  options: BackendOptions,
  system: LocalSystem,
  run: {
    readonly cleanups: (() => Promise<void>)[];
    readonly failure: PromiseWithResolvers<never>;
  },
): Promise<{
  readonly backend: Backend;
  readonly kinesis: KinesisClient | undefined;
  readonly notice: string | undefined;
  /** Endpoint of Secrets Manager's stand-in. */
  readonly secrets: string;
  readonly buckets: LocalBuckets;
  /** Where other processes find the tables. */
  readonly tables: RunningFile['tables'];
}> {
  const { cleanups, failure } = run;
  const { accessKey } = options;
  const folder = (name: string) =>
    options.dataFolder === undefined ? {} : { dataFolder: join(resolve(options.dataFolder), name) };
  const watch = (server: LocalServer) => {
    cleanups.push(() => server.stop());
    server.died.then(({ server: name, code, signal, lastLines }) => {
      const how = signal === null ? `exit code ${code}` : `signal ${signal}`;
      const words = lastLines.length === 0 ? '' : `\nIts last words:\n${lastLines.slice(-8).join('\n')}`;
      if (lastLines.some((line) => /no space left|disk is full|SQLITE_FULL/i.test(line))) {
        const message = `the disk is full: ${name} could not write and ended (${how}). Free some space and run it again`;
        failure.reject(new RuntimeError('disk', message));
      }
      failure.reject(new RuntimeError('server-died', `${name} ended while it was needed (${how}).${words}`));
    });
  };
  const secretsFile =
    options.dataFolder === undefined ? undefined : join(resolve(options.dataFolder), 'secrets.json');
  const secretsServer = await startSecretsServer(system.secrets, { file: secretsFile, accessKey });
  cleanups.push(() => secretsServer.stop());
  const secrets = secretsServer.endpoint;
  const buckets = await startLocalBuckets(system, { ...folder('s3'), region: options.region, accessKey });
  cleanups.push(() => buckets.stop());
  const inMemory = async (notice: string) => {
    const backend = createMemoryBackend(system, {
      clock: systemClock,
      shards: options.shards,
      region: options.region,
    });
    const tablesServer = await startTablesServer((name) => backend.table(specOf(system, name)), accessKey);
    cleanups.push(() => tablesServer.stop());
    const tables = { kind: 'memory' as const, endpoint: tablesServer.endpoint };
    return { backend, kinesis: undefined, notice, secrets, buckets, tables };
  };
  if (options.inMemory === true) return await inMemory('in-memory stores serve');
  const dynamodb = await startDynamoDbServer({
    ...port(options.dynamodbPort),
    ...folder('dynamodb'),
    accessKey,
  });
  if (dynamodb.kind === 'no-java') {
    if (options.dataFolder !== undefined) {
      throw new RuntimeError(
        'no-java',
        `a data folder needs DynamoDB Local, and that needs Java. ${dynamodb.advice}`,
      );
    }
    const notice = `in-memory stores serve, since there is no Java for DynamoDB Local. ${dynamodb.advice}`;
    return await inMemory(notice);
  }
  watch(dynamodb.server);
  const kinesis = await startKinesisServer({
    region: options.region,
    accessKey,
    ...port(options.kinesisPort),
    ...folder('kinesis'),
  });
  watch(kinesis);
  const eventBus = await startEventBusServer(options.bus, accessKey);
  cleanups.push(() => eventBus.stop());
  const backend = await createServerBackend(system, {
    region: options.region,
    accessKey,
    eventBusEndpoint: eventBus.endpoint,
    kinesis,
    dynamodb: dynamodb.server,
    secrets,
    s3: buckets.endpoint,
    shards: options.shards,
  });
  cleanups.push(async () => backend.close());
  const tables = { kind: 'dynamodb' as const, endpoint: dynamodb.server.endpoint };
  return { backend, kinesis: backend.kinesis, notice: undefined, secrets, buckets, tables };
}

function specOf({ tables }: LocalSystem, name: string): TableSpec {
  const spec = tables.find((one) => one.name === name);
  if (spec !== undefined) return spec;
  const names = tables.map((one) => one.name).join(', ');
  throw new Error(`found no table ${name}, expected one of ${names}`);
}

function port(number: number | undefined): { readonly port?: number } {
  return number === undefined ? {} : { port: number };
}
