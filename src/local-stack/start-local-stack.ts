// `@tidemill/local-stack`: runs a CDK app, or a CloudFormation template, on this machine, for a test or a terminal.
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams';
import { KinesisClient } from '@aws-sdk/client-kinesis';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import type { MappingEvent } from '../event-source/mapping-events.ts';
import { LocalCloudWatch } from './cloudwatch/local-cloudwatch.ts';
import type { BusEntry } from './event-bus-server.ts';
import { createFunctionInvoker, type LocalFunction } from './function-invoker.ts';
import { withLocalUrls } from './gateway/local-urls.ts';
import { callLocalServers } from './gateway/service-endpoint.ts';
import { type Gateway, startGateway } from './gateway/start-gateway.ts';
import { startTopicRules } from './iot/start-topic-rules.ts';
import { openStreams } from './open-streams.ts';
import { makeOwnedFolder } from './owned-folder.ts';
import type { MappingSpec } from './read-mapping.ts';
import { checkCodeFolders, readSource, type StackSource } from './read-source.ts';
import { startRefusingServer } from './refusing-server.ts';
import { functionNamed, type RunningSystem, runSystem } from './run-system.ts';
import { RuntimeError } from './runtime-error.ts';
import { ObjectEvents } from './s3/object-events.ts';
import {
  type Endpoints,
  type Run,
  startBuckets,
  startEventBus,
  startSecrets,
  startStreamServers,
} from './start-servers.ts';
import { systemClock } from './system-clock.ts';
import { type LocalSystem, readTemplate } from './template.ts';
import { ignoredIn, refuseUnsupported } from './unsupported.ts';

/** How a stack is run; all are optional. */
export interface RunOptions {
  /** Folder that keeps streams, tables, objects, secrets and checkpoints between runs; default: they are deleted with the stack. */
  readonly dataDirectory?: string;
  /** AWS region that the stack believes it is in; default: `us-east-1`. */
  readonly region?: string;
  /** TCP port of the stack's APIs; default: a free one. */
  readonly port?: number;
  /** Kinesis shards of streams that the template leaves on demand; default: 4, as on AWS. */
  readonly shards?: number;
  /** Whether the template's schedules run; default: they do. */
  readonly schedules?: boolean;
  /**
   * Resources to leave out although they do something on AWS, by logical id or type: `['AWS::SQS::Queue']`. References to them
   * get made-up names. Default: none, so that a resource that cannot run here is an error that names it.
   */
  readonly ignore?: readonly string[];
  /** Called with each line that functions, mappings and APIs log; default: lines are dropped. */
  readonly onLog?: (line: StackLine) => void;
  /** Called with each event that functions put on an event bus; default: events are accepted and dropped. */
  readonly onEvent?: (event: BusEntry) => void;
}

/** The app, or the template, to run, and how. */
export type LocalStackOptions = StackSource & RunOptions;

/** A line of a log. */
export interface StackLine {
  /** `function`: a line it wrote. `mapping`: an invocation that failed, or records that were given up. `api`: its access log, or a failure. */
  readonly from: 'function' | 'mapping' | 'api';
  /** Name of the function, or `gateway`. */
  readonly name: string;
  readonly text: string;
}

/** Services of AWS that the stack runs and SDK clients can reach. */
export type LocalService =
  | 'dynamodb'
  | 'dynamodb-streams'
  | 'eventbridge'
  | 'kinesis'
  | 's3'
  | 'secrets-manager';

/** Settings for the constructor of an SDK client. */
export interface ClientSettings {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/** A running stack. */
export interface LocalStack {
  /** The template's outputs by name; URLs of its APIs and its site are the local ones. */
  readonly outputs: Readonly<Record<string, string>>;
  /** Address of the APIs (`<url>/<stage>/…`) and of the site (`<url>/`); undefined if the template has neither. */
  readonly url: string | undefined;
  /** Where devices publish, `mqtt://127.0.0.1:port`; undefined: the template has no topic rule. */
  readonly mqttUrl: string | undefined;
  /** `AWS_*` variables by which SDK clients in other processes find the stack's servers. */
  readonly environment: Readonly<Record<string, string>>;
  /** For SDK clients of this process: `new DynamoDBClient(stack.client('dynamodb'))`. */
  client(service: LocalService): ClientSettings;
  /**
   * Invokes a function by its name, as Lambda's `Invoke` does, and returns its result.
   * @throws RuntimeError with the function's error type and message if it fails
   */
  invoke(functionName: string, event: unknown): Promise<unknown>;
  /** Resolves when the functions have processed everything now in the streams, and everything that follows from it. */
  caughtUp(): Promise<void>;
  /** Folder of the run. `failed-batches/` in it holds what the mappings' failure destinations, of whatever kind, would have got. */
  readonly folder: string;
  /** Rejects if a server that the stack depends on has died; never resolves. */
  readonly failed: Promise<never>;
  /** Stops all processes and servers. May be repeated. */
  stop(): Promise<void>;
}

/**
 * Starts a template's resources, and resolves when its functions read their streams and its APIs answer. If it fails, everything
 * that was started is stopped. Needs Java 17 or later, for DynamoDB Local.
 * @param options the CDK app or template, and how to run it
 * @throws RuntimeError if something in the template cannot run here (`unsupported`, with its name), if there is no Java (`no-java`),
 *   or if the app, the folder or a server fails; Error with the place in the template if that is not valid CloudFormation
 * @example
 * const stack = await startLocalStack({ app: 'infrastructure' });
 * const answer = await fetch(`${stack.outputs['ApiUrl']}orders`, { method: 'POST', body: '{"n":1}' });
 * await stack.caughtUp();
 * await stack.stop();
 */
export async function startLocalStack(options: LocalStackOptions): Promise<LocalStack> {
  const cleanups: (() => Promise<void>)[] = [];
  const stop = async () => {
    for (let cleanup = cleanups.pop(); cleanup !== undefined; cleanup = cleanups.pop()) await cleanup();
  };
  const failure = Promise.withResolvers<never>();
  failure.promise.catch(() => {}); // The error reaches whoever awaits it; no one has to.
  try {
    return await compose(options, { cleanups, fail: failure.reject }, { failed: failure.promise, stop });
  } catch (error) {
    await stop();
    throw error;
  }
}

async function compose(
  options: LocalStackOptions,
  run: Run,
  ends: Pick<LocalStack, 'failed' | 'stop'>,
): Promise<LocalStack> {
  const { region = 'us-east-1', shards, schedules = true, onLog = () => {} } = options;
  const folder = await openFolder(options.dataDirectory, run);
  const template = await readSystem(options, { workFolder: folder, region });
  const accessKey = crypto.randomUUID().replaceAll('-', '');
  const gateway = await openGateway(template, { port: options.port ?? 0, accessKey }, run);
  const system = gateway === undefined ? template : withLocalUrls(template, gateway.url);
  const dataFolder = options.dataDirectory === undefined ? undefined : folder;
  const objectEvents = new ObjectEvents();
  const servers = { region, accessKey, dataFolder, objectEvents, ...options };
  const endpoints = await startServers(system, servers, run);
  const credentials = { accessKeyId: accessKey, secretAccessKey: 'local' };
  const client = (service: LocalService): ClientSettings => ({
    endpoint: endpoints[endpointVariable(service)] ?? '',
    region,
    credentials,
  });
  const clients = streamClients(client, run);
  const streams = await openStreams(system, clients, { shards });

  const cloudWatch = new LocalCloudWatch(systemClock.nowMs);
  const functions = createFunctions(system, { region, endpoints, accessKey, cloudWatch, onLog }, run);
  const started = Promise.withResolvers<void>();
  const running = runSystem(system, {
    region,
    gateway,
    functions,
    streamOf: ({ source }) =>
      source.kind === 'kinesis' ? streams.stream(source.stream) : streams.changelog(source.table),
    callService: callLocalServers(endpoints, region, accessKey),
    cloudWatch,
    objectEvents,
    schedules,
    workFolder: folder,
    observe: (spec, event) => {
      if (event.kind === 'invoked') started.resolve();
      logMapping(spec, event, onLog);
    },
    onAccess: (text) => onLog({ from: 'api', name: 'gateway', text }),
    onApiFailure: (text) => onLog({ from: 'api', name: 'gateway', text }),
    onFailure: run.fail,
  });
  run.cleanups.push(() => running.stop());
  const broker = await startTopicRules(system, {
    callService: callLocalServers(endpoints, region, accessKey),
    nowMs: systemClock.nowMs,
    onFailure: (text) => onLog({ from: 'api', name: 'mqtt', text }),
  });
  if (broker !== undefined) run.cleanups.push(() => broker.stop());
  await untilReading(running, started.promise, ends.failed);
  return {
    ...ends,
    outputs: Object.fromEntries(system.outputs),
    url: gateway?.url,
    mqttUrl: broker?.url,
    environment: {
      ...endpoints,
      AWS_REGION: region,
      AWS_ACCESS_KEY_ID: accessKey,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    },
    client,
    invoke: (name, event) => invoke(functionNamed(functions, name), event),
    caughtUp: () => Promise.race([running.caughtUp(), ends.failed]),
    folder,
  };
}

async function readSystem(
  options: LocalStackOptions,
  at: { readonly workFolder: string; readonly region: string },
): Promise<LocalSystem> {
  const synthesis = await readSource(options, at);
  const ignored = ignoredIn(synthesis.template, options.ignore ?? []);
  const system = readTemplate(synthesis, at.region, ignored);
  refuseUnsupported(system.notRun, ignored);
  await checkCodeFolders(system.functions);
  return system;
}

/** A stream that is read from its latest record on is read from here. With a backlog the functions are at work already. */
async function untilReading(
  running: RunningSystem,
  started: Promise<void>,
  failed: Promise<never>,
): Promise<void> {
  await Promise.race([running.caughtUp(), started, failed]);
}

async function openFolder(dataDirectory: string | undefined, { cleanups }: Run): Promise<string> {
  if (dataDirectory === undefined) {
    const folder = await makeOwnedFolder('local-stack-');
    cleanups.push(folder.remove);
    return folder.path;
  }
  const folder = resolve(dataDirectory);
  try {
    for (const name of ['kinesis', 'dynamodb', 's3']) await mkdir(join(folder, name), { recursive: true });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new RuntimeError('data-folder', `the data directory ${folder} cannot be used: ${reason}`, {
      cause,
    });
  }
  return folder;
}

async function openGateway(
  { restApis, webSocketApis, sites }: LocalSystem,
  options: { readonly port: number; readonly accessKey: string },
  { cleanups }: Run,
): Promise<Gateway | undefined> {
  if (restApis.length + webSocketApis.length + sites.length === 0) return undefined;
  const gateway = await startGateway(options);
  cleanups.push(() => gateway.stop());
  return gateway;
}

async function startServers(
  system: LocalSystem,
  options: Pick<RunOptions, 'onEvent'> & {
    readonly region: string;
    readonly accessKey: string;
    readonly dataFolder: string | undefined;
    readonly objectEvents: ObjectEvents;
  },
  run: Run,
): Promise<Endpoints> {
  const { onEvent = () => {} } = options;
  const refusing = await startRefusingServer(options.accessKey);
  run.cleanups.push(() => refusing.stop());
  const servers = await startStreamServers(options, run);
  if (servers.kind === 'no-java') throw new RuntimeError('no-java', servers.advice);
  const taker = {
    put: async (entries: readonly BusEntry[]) => entries.map((entry) => onEvent(entry) ?? undefined),
  };
  const found: Readonly<Record<LocalService, string>> = {
    dynamodb: servers.dynamodb.endpoint,
    'dynamodb-streams': servers.dynamodb.endpoint,
    eventbridge: await startEventBus(taker, options, run),
    kinesis: servers.kinesis.endpoint,
    s3: await startBuckets(system, options, run),
    'secrets-manager': await startSecrets(system, options, run),
  };
  const named = Object.entries(found).map(([service, endpoint]) => [endpointVariable(service), endpoint]);
  // The one without a service is of all others.
  return { ...Object.fromEntries(named), AWS_ENDPOINT_URL: refusing.endpoint };
}

/** As the SDK looks for it. */
const endpointVariable = (service: string) =>
  `AWS_ENDPOINT_URL_${service.toUpperCase().replaceAll('-', '_')}`;

/** A server that accepts and does not answer holds no call beyond this, after which the SDK tries again. */
const TIME_LIMITS = {
  connectionTimeout: 5_000,
  requestTimeout: 30_000,
  throwOnRequestTimeout: true,
  socketTimeout: 30_000,
};

function streamClients(client: LocalStack['client'], { cleanups }: Run) {
  const clients = {
    kinesis: new KinesisClient({ ...client('kinesis'), requestHandler: new NodeHttpHandler(TIME_LIMITS) }),
    dynamodb: new DynamoDBClient({ ...client('dynamodb'), requestHandler: TIME_LIMITS }),
    dynamodbStreams: new DynamoDBStreamsClient({
      ...client('dynamodb-streams'),
      requestHandler: TIME_LIMITS,
    }),
  };
  cleanups.push(async () => {
    for (const each of Object.values(clients)) each.destroy();
  });
  return clients;
}

function createFunctions(
  system: LocalSystem,
  {
    cloudWatch,
    onLog,
    ...options
  }: {
    readonly region: string;
    readonly endpoints: Endpoints;
    readonly accessKey: string;
    readonly cloudWatch: LocalCloudWatch;
    readonly onLog: (line: StackLine) => void;
  },
  { cleanups }: Run,
): ReadonlyMap<string, LocalFunction> {
  const functions = new Map(
    system.functions.map((spec) => {
      const made = createFunctionInvoker(spec, {
        ...options,
        sdkFrom: SDK_FROM,
        newRequestId: () => crypto.randomUUID(),
        onLine: ({ text }) => {
          cloudWatch.takeLine(text);
          onLog({ from: 'function', name: spec.name, text });
        },
      });
      return [spec.name, cloudWatch.watching(spec, made)] as const;
    }),
  );
  cleanups.push(async () => {
    await Promise.all([...functions.values()].map((fn) => fn.stop()));
  });
  return functions;
}

/** The project that runs the stack, and this package. */
const SDK_FROM = [pathToFileURL(join(process.cwd(), 'package.json')).href, import.meta.url];

function logMapping({ fn }: MappingSpec, event: MappingEvent, onLog: (line: StackLine) => void): void {
  if (event.kind === 'invoked' && event.message !== undefined)
    onLog({ from: 'mapping', name: fn.name, text: `${event.result}: ${event.message}` });
  if (event.kind === 'discarded') {
    const text = `${event.batch.records.length} records were given up (destination: ${event.destination})`;
    onLog({ from: 'mapping', name: fn.name, text });
  }
}

async function invoke(fn: LocalFunction, event: unknown): Promise<unknown> {
  const outcome = await fn.invoke(JSON.stringify(event));
  if (outcome.kind === 'returned') return JSON.parse(outcome.payload === '' ? 'null' : outcome.payload);
  const type = outcome.kind === 'function-error' ? outcome.errorType : outcome.reason;
  throw new RuntimeError('invocation', `${type}: ${outcome.message}`);
}
