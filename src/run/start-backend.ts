// Starts what a local run stands on: the real servers where there is Java for them, else memory.
import { resolve } from 'node:path';
import type { KinesisClient } from '@aws-sdk/client-kinesis';
import type { TableSpec } from '../local-stack/read-table.ts';
import { RuntimeError } from '../local-stack/runtime-error.ts';
import type { ObjectEvents } from '../local-stack/s3/object-events.ts';
import { type Run, startEventBus, startSecrets, startStreamServers } from '../local-stack/start-servers.ts';
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
  /** Keep everything in memory and run functions in this process, even if Java is installed. */
  readonly inMemory?: boolean | undefined;
  readonly kinesisPort?: number | undefined;
  readonly dynamodbPort?: number | undefined;
  /** Told of what is put into buckets. */
  readonly objectEvents: ObjectEvents;
  /** Where the functions publish events. */
  readonly bus: EventBus;
}

export interface StartedBackend {
  readonly backend: Backend;
  readonly kinesis: KinesisClient | undefined;
  readonly notice: string | undefined;
  /** Endpoint of Secrets Manager's stand-in. */
  readonly secrets: string;
  readonly buckets: LocalBuckets;
  /** Where other processes find the tables. */
  readonly tables: RunningFile['tables'];
}

/** @throws RuntimeError where a data folder is asked for and there is no Java */
export async function startBackend(
  options: BackendOptions,
  system: LocalSystem,
  run: Run,
): Promise<StartedBackend> {
  const { region, accessKey, shards } = options;
  const dataFolder = options.dataFolder === undefined ? undefined : resolve(options.dataFolder);
  const serversOptions = { region, accessKey, dataFolder };
  const secrets = await startSecrets(system, serversOptions, run);
  const { objectEvents } = options;
  const buckets = await startLocalBuckets(system, { ...serversOptions, objectEvents }, run);
  const inMemory = async (notice: string): Promise<StartedBackend> => {
    const backend = createMemoryBackend(system, { clock: systemClock, shards, region });
    const tablesServer = await startTablesServer((name) => backend.table(specOf(system, name)), accessKey);
    run.cleanups.push(() => tablesServer.stop());
    const tables = { kind: 'memory' as const, endpoint: tablesServer.endpoint };
    return { backend, kinesis: undefined, notice, secrets, buckets, tables };
  };
  if (options.inMemory === true) return await inMemory('in-memory stores serve');
  const servers = await startStreamServers(
    {
      ...serversOptions,
      ...(options.kinesisPort === undefined ? {} : { kinesisPort: options.kinesisPort }),
      ...(options.dynamodbPort === undefined ? {} : { dynamodbPort: options.dynamodbPort }),
    },
    run,
  );
  if (servers.kind === 'no-java') {
    if (dataFolder !== undefined) {
      const message = `a data folder needs DynamoDB Local, and that needs Java. ${servers.advice}`;
      throw new RuntimeError('no-java', message);
    }
    return await inMemory(
      `in-memory stores serve, since there is no Java for DynamoDB Local. ${servers.advice}`,
    );
  }
  const { kinesis, dynamodb } = servers;
  const backend = await createServerBackend(system, {
    region,
    accessKey,
    eventBusEndpoint: await startEventBus(options.bus, { accessKey }, run),
    kinesis,
    dynamodb,
    secrets,
    s3: buckets.endpoint,
    shards,
  });
  run.cleanups.push(async () => backend.close());
  const tables = { kind: 'dynamodb' as const, endpoint: dynamodb.endpoint };
  return { backend, kinesis: backend.kinesis, notice: undefined, secrets, buckets, tables };
}

function specOf({ tables }: LocalSystem, name: string): TableSpec {
  const spec = tables.find((one) => one.name === name);
  if (spec !== undefined) return spec;
  const names = tables.map((one) => one.name).join(', ');
  throw new Error(`found no table ${name}, expected one of ${names}`);
}
