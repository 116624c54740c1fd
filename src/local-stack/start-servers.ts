// The servers that a run of a template stands on: Kinesis and DynamoDB in processes of their own, the rest in this one.
import { join } from 'node:path';
import { startDynamoDbServer } from './dynamodb-server.ts';
import { type EventTaker, startEventBusServer } from './event-bus-server.ts';
import { startKinesisServer } from './kinesis-server.ts';
import type { LocalServer, ServerDeath } from './local-server.ts';
import { RuntimeError } from './runtime-error.ts';
import type { ObjectEvents } from './s3/object-events.ts';
import { startS3Server } from './s3/s3-server.ts';
import { startSecretsServer } from './secrets-server.ts';
import type { LocalSystem } from './template.ts';

export interface ServersOptions {
  readonly region: string;
  /** The servers take no clients without it. */
  readonly accessKey: string;
  /** Absolute, with folders `kinesis` and `dynamodb` in it; default: all is gone with the servers. */
  readonly dataFolder?: string | undefined;
}

/** Endpoints as the SDK takes them from the environment: `AWS_ENDPOINT_URL_*` by name. */
export type Endpoints = Readonly<Record<string, string>>;

export interface Run {
  /** Gets what stops what was started, to be called in turn from its end. */
  readonly cleanups: (() => Promise<void>)[];
  /** A server has ended while it was needed. */
  readonly fail: (error: unknown) => void;
}

export type StreamServers =
  | { readonly kind: 'started'; readonly kinesis: LocalServer; readonly dynamodb: LocalServer }
  /** What is missing, and how to get it. */
  | { readonly kind: 'no-java'; readonly advice: string };

/** @throws Error where a port is taken, or a server does not start */
export async function startStreamServers(
  options: ServersOptions & { readonly kinesisPort?: number; readonly dynamodbPort?: number },
  run: Run,
): Promise<StreamServers> {
  const { region, accessKey } = options;
  const dynamodb = await startDynamoDbServer({
    ...(options.dynamodbPort === undefined ? {} : { port: options.dynamodbPort }),
    ...folderOf(options, 'dynamodb'),
    accessKey,
  });
  if (dynamodb.kind === 'no-java') return { kind: 'no-java', advice: dynamodb.advice };
  watch(dynamodb.server, run);
  const kinesis = await startKinesisServer({
    region,
    accessKey,
    ...(options.kinesisPort === undefined ? {} : { port: options.kinesisPort }),
    ...folderOf(options, 'kinesis'),
  });
  watch(kinesis, run);
  return { kind: 'started', kinesis, dynamodb: dynamodb.server };
}

/** Returns the server's endpoint. */
export async function startSecrets(
  { secrets }: Pick<LocalSystem, 'secrets'>,
  { accessKey, dataFolder }: ServersOptions,
  { cleanups }: Pick<Run, 'cleanups'>,
): Promise<string> {
  const file = dataFolder === undefined ? undefined : join(dataFolder, 'secrets.json');
  const server = await startSecretsServer(secrets, { file, accessKey });
  cleanups.push(() => server.stop());
  return server.endpoint;
}

/** Returns the server's endpoint. */
export async function startBuckets(
  { buckets }: Pick<LocalSystem, 'buckets'>,
  options: ServersOptions & { readonly objectEvents: ObjectEvents },
  { cleanups }: Pick<Run, 'cleanups'>,
): Promise<string> {
  const server = await startS3Server({
    buckets: buckets.map(({ name }) => name),
    ...folderOf(options, 's3'),
    accessKey: options.accessKey,
    onCreated: (object) => options.objectEvents.take(object),
  });
  cleanups.push(() => server.stop());
  return server.endpoint;
}

/** Returns the server's endpoint. */
export async function startEventBus(
  taker: EventTaker,
  { accessKey }: Pick<ServersOptions, 'accessKey'>,
  { cleanups }: Pick<Run, 'cleanups'>,
): Promise<string> {
  const server = await startEventBusServer(taker, accessKey);
  cleanups.push(() => server.stop());
  return server.endpoint;
}

function folderOf({ dataFolder }: ServersOptions, name: string): { readonly dataFolder?: string } {
  return dataFolder === undefined ? {} : { dataFolder: join(dataFolder, name) };
}

function watch(server: LocalServer, { cleanups, fail }: Run): void {
  cleanups.push(() => server.stop());
  server.died.then((death) => fail(errorOf(death)));
}

function errorOf({ server, code, signal, lastLines }: ServerDeath): RuntimeError {
  const how = signal === null ? `exit code ${code}` : `signal ${signal}`;
  if (lastLines.some((line) => /no space left|disk is full|SQLITE_FULL/i.test(line))) {
    const message = `the disk is full: ${server} could not write and ended (${how}). Free some space and run it again`;
    return new RuntimeError('disk', message);
  }
  const words = lastLines.length === 0 ? '' : `\nIts last words:\n${lastLines.slice(-8).join('\n')}`;
  return new RuntimeError('server-died', `${server} ended while it was needed (${how}).${words}`);
}
