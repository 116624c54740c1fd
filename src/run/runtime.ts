// The composition root for a laptop: synthesizes the stack, creates on local servers what its template says, and runs
// its functions, mappings and schedules with the template's own parameters.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { KinesisClient } from '@aws-sdk/client-kinesis';
import type { Settings } from '../../cdk/settings/settings.ts';
import type { RecordSink } from '../../producers/client/record-sink.ts';
import { parsePipeline } from '../core/pipeline/parse-pipeline.ts';
import type { Pipeline } from '../core/pipeline/pipeline.ts';
import type { MappingEvent } from '../event-source/mapping-events.ts';
import type { StreamSource } from '../event-source/ports.ts';
import { LocalCloudWatch, type StandingAlarm } from '../local-stack/cloudwatch/local-cloudwatch.ts';
import {
  createFunctionInvoker,
  type FunctionLine,
  type LocalFunction,
} from '../local-stack/function-invoker.ts';
import { withLocalUrls } from '../local-stack/gateway/local-urls.ts';
import { type Gateway, startGateway } from '../local-stack/gateway/start-gateway.ts';
import { HTTP_PORT } from '../local-stack/http-port.ts';
import { startTopicRules } from '../local-stack/iot/start-topic-rules.ts';
import type { FunctionSpec } from '../local-stack/read-function.ts';
import type { MappingSpec } from '../local-stack/read-mapping.ts';
import { functionNamed, runSystem, type SystemParts } from '../local-stack/run-system.ts';
import { RuntimeError } from '../local-stack/runtime-error.ts';
import { ObjectEvents } from '../local-stack/s3/object-events.ts';
import { type LocalSystem, readTemplate } from '../local-stack/template.ts';
import type { Ignored } from '../local-stack/unsupported.ts';
import type { Clock } from '../platform/clock.ts';
import { systemClock } from '../platform/clock.ts';
import { OUTPUTS } from '../platform/names.ts';
import { Alerts } from '../stores/alerts.ts';
import { DeadLetters } from '../stores/dead-letters.ts';
import { IssuedTokens } from '../stores/issued-tokens.ts';
import { SourceStates } from '../stores/source-states.ts';
import type { Table } from '../stores/table.ts';
import { Windows } from '../stores/windows.ts';
import type { AlertEvent } from '../wire/alert-event.ts';
import type { Backend } from './backends.ts';
import { closeAll } from './close-all.ts';
import { countedShards } from './counted-shards.ts';
import { countedSink } from './counted-sink.ts';
import { Figures } from './figures.ts';
import { createInProcessFunction } from './in-process-function.ts';
import type { InProcessOptions } from './in-process-host.ts';
import type { LocalBuckets } from './local-buckets.ts';
import { LocalBus } from './local-bus.ts';
import { outgoingStream } from './outgoing-stream.ts';
import type { RunningFile } from './running-file.ts';
import { startBackend } from './start-backend.ts';
import { synthesizeOrKept } from './synthesize.ts';
import { makeWorkFolder } from './work-folder.ts';

export interface RuntimeOptions {
  /** The pipeline definition, as `loadPipeline` gives it. */
  readonly pipeline: object;
  /** How the stack is set; default: as for whoever sets nothing. */
  readonly settings?: Settings | undefined;
  /** Kinesis shards. */
  readonly shards: number;
  /** Keeps tables, streams and checkpoints here between runs; default: in memory, gone with the run. */
  readonly dataFolder?: string | undefined;
  /** Keep everything in memory and run functions in this process, even if Java is installed. */
  readonly inMemory?: boolean | undefined;
  /** Whether the template's schedules run; a replay closes windows itself when it is done. */
  readonly schedules: boolean;
  readonly kinesisPort?: number | undefined;
  readonly dynamodbPort?: number | undefined;
  /** The port of the APIs; default: HTTP_PORT, or a free one where that is taken. */
  readonly httpPort?: number | undefined;
  /** Port of the MQTT broker; default: a free one. */
  readonly mqttPort?: number | undefined;
  /** What the telemetry stream's readers get instead of it: recorded records, as they are. */
  readonly recorded?: StreamSource | undefined;
  /** The clock of the telemetry stream's mappings; a recording's own for recorded records. */
  readonly clock?: Clock;
  /** Sums up what the functions publish; default: a new one. */
  readonly figures?: Figures;
  readonly onMapping?: (mapping: string, event: MappingEvent) => void;
  readonly onLine?: (line: FunctionLine) => void;
  /** A transition of an alert has been published, for the first time in this run. */
  readonly onAlert?: (event: AlertEvent) => void;
  readonly onStep?: (step: string) => void;
  /** Lines of the APIs' access logs. */
  readonly onAccess?: (line: string) => void;
  /** Why an API answered with a failure of its own. */
  readonly onApiFailure?: (message: string) => void;
}

export interface Runtime {
  /** Undefined with the real servers; else why memory serves, and how to get the real ones. */
  readonly notice: string | undefined;
  readonly pipeline: Pipeline;
  readonly system: LocalSystem;
  readonly streamName: string;
  /** Where producers put records. */
  readonly sink: RecordSink;
  readonly kinesis: KinesisClient | undefined;
  /** Where the local gateway serves the stack's APIs; undefined: it has none. */
  readonly gatewayUrl: string | undefined;
  /** Where devices publish; undefined: the template has no topic rule. */
  readonly mqttUrl: string | undefined;
  /** Endpoint of Secrets Manager's stand-in. */
  readonly secrets: string;
  /** What the local servers of this run want to see: clients give it as access key id. */
  readonly accessKey: string;
  /** Where other processes find the tables. */
  readonly tables: RunningFile['tables'];
  readonly endpoints: Readonly<Record<string, string>> | undefined;
  /** Those of the template. */
  readonly buckets: LocalBuckets;
  readonly states: SourceStates;
  readonly windows: Windows;
  readonly deadLetters: DeadLetters;
  readonly alerts: Alerts;
  readonly tokens: IssuedTokens;
  /** What readers alone need, the books as last added up among it. */
  readonly readers: Table;
  /** What the functions published goes to. */
  readonly bus: LocalBus;
  readonly figures: Figures;
  /** How long the oldest record has been waiting that a consumer has read, e.g. `alert`; 0: none is waiting. */
  behindMs(consumer: string): number;
  /** The template's alarms, by what has been published in this run. */
  alarms(): readonly StandingAlarm[];
  /** Where function logs and failed batches are. */
  readonly workFolder: string;
  /** Function processes with an invocation under way: for whoever wants to kill one. */
  busyPids(): readonly number[];
  /** Resolves when all that is in the streams now has been handled, the changelog's last changes included. */
  caughtUp(): Promise<void>;
  /** Closes every open window, as if silence had lasted for ever. Returns how many. */
  closeAll(): Promise<number>;
  /** Rejects with a RuntimeError when something the run stands on has died; never resolves. */
  readonly failed: Promise<never>;
  /** Ends everything that was started. May be repeated. */
  stop(): Promise<void>;
}

const REGION = 'us-east-1';

/**
 * Starts everything; on failure nothing stays behind.
 * @throws PipelineError, RuntimeError or what the stack's own rules object to
 */
export async function startRuntime(options: RuntimeOptions): Promise<Runtime> {
  const pipeline = parsePipeline(options.pipeline);
  const cleanups: (() => Promise<void>)[] = [];
  const stop = async () => {
    for (let cleanup = cleanups.pop(); cleanup !== undefined; cleanup = cleanups.pop()) await cleanup();
  };
  try {
    return await compose(options, pipeline, cleanups, stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

async function compose(
  options: RuntimeOptions,
  pipeline: Pipeline,
  cleanups: (() => Promise<void>)[],
  stop: () => Promise<void>,
): Promise<Runtime> {
  const { clock = systemClock, onStep = () => {}, onLine = () => {} } = options;
  const failure = Promise.withResolvers<never>();
  failure.promise.catch(() => {}); // The error reaches whoever awaits it; no one has to.
  const workFolder = await makeWorkFolder(options.dataFolder, cleanups);

  onStep('synthesizing the stack');
  const outFolder = join(workFolder, 'cdk.out');
  const synthesis = await synthesizeOrKept({ ...options, outFolder });
  const template = readTemplate(synthesis, REGION, isOfRebuilds);

  onStep('starting the local servers');
  const bus = busIn(workFolder, options);
  const accessKey = crypto.randomUUID().replaceAll('-', '');
  const gateway = await openGateway(template, { port: options.httpPort, accessKey }, cleanups);
  // Functions and outputs name the APIs by where they are.
  const system = gateway === undefined ? template : withLocalUrls(template, gateway.url);
  const objectEvents = new ObjectEvents();
  const asked = { ...options, region: REGION, accessKey, bus, objectEvents };
  const started = await startBackend(asked, system, { cleanups, fail: failure.reject });
  const { backend, kinesis, notice, secrets, tables, buckets } = started;
  const figures = options.figures ?? new Figures();
  const cloudWatch = new LocalCloudWatch(systemClock.nowMs);
  const functions = await startFunctions(system, {
    pipeline,
    clock,
    endpoints: backend.endpoints,
    table: (name) => tableOf(system, backend, (spec) => spec.name === name, name),
    bucket: (name) => buckets.open(name),
    shards: countedShards((arn) => backend.shards(arn), cloudWatch),
    secretsEndpoint: secrets,
    accessKey,
    bus,
    stream: (name) => outgoingStream(backend.sink, name),
    onLine: lineTaker({ cloudWatch, figures, onLine }),
    watching: (spec, fn) => cloudWatch.watching(spec, fn),
  });
  cleanups.push(() => stopAll(functions));

  const output = (name: string) => system.outputs.get(name) ?? '';
  onStep('starting the event source mappings');
  const running = runSystem(system, {
    ...{ region: REGION, gateway, functions, cloudWatch, objectEvents, workFolder },
    streamOf: ({ source }) =>
      source.kind === 'kinesis' ? backend.stream(source.stream) : backend.changelog(source.table),
    recorded: recordedOf(output(OUTPUTS.stream), options),
    callService: backend.callService,
    schedules: options.schedules,
    ...listenersOf(options),
    onFailure: failure.reject,
  });
  cleanups.push(() => running.stop());
  const mqttUrl = await openMqtt(system, { cloudWatch, backend }, options, cleanups);
  await writeOutputs(workFolder, synthesis.stackName, system);
  const tableOfOutput = (name: string) =>
    tableOf(system, backend, (spec) => spec.name === output(name), `output ${name}`);
  return {
    notice,
    pipeline,
    system,
    streamName: output(OUTPUTS.stream),
    sink: countedSink(backend.sink, cloudWatch),
    kinesis,
    gatewayUrl: gateway?.url,
    mqttUrl,
    secrets,
    accessKey,
    tables,
    endpoints: backend.endpoints,
    buckets,
    ...storesOf(tableOfOutput),
    bus,
    figures,
    behindMs: (consumer) => running.behindMs(functionOf(system, consumer)),
    alarms: () => cloudWatch.alarms(system.alarms),
    workFolder,
    busyPids: () => [...functions.values()].flatMap((fn) => fn.busyPids()),
    failed: failure.promise,
    caughtUp: () => Promise.race([running.caughtUp(), failure.promise]),
    closeAll: () => closeAll(closerOf(system, functions)),
    stop,
  };
}

/** Where devices publish; undefined: the template has no topic rule. */
async function openMqtt(
  system: LocalSystem,
  { cloudWatch, backend }: { readonly cloudWatch: LocalCloudWatch; readonly backend: Backend },
  { mqttPort, onApiFailure = () => {} }: RuntimeOptions,
  cleanups: (() => Promise<void>)[],
): Promise<string | undefined> {
  const broker = await startTopicRules(system, {
    callService: cloudWatch.watchingPuts(backend.callService),
    nowMs: systemClock.nowMs,
    observe: (action) => cloudWatch.takeTopicRule(action),
    onFailure: onApiFailure,
    ...(mqttPort === undefined ? {} : { port: mqttPort }),
  });
  if (broker === undefined) return undefined;
  cleanups.push(() => broker.stop());
  return broker.url;
}

/** What is published goes into metrics and figures; the other lines go on. */
function lineTaker({
  cloudWatch,
  figures,
  onLine,
}: {
  readonly cloudWatch: LocalCloudWatch;
  readonly figures: Figures;
  readonly onLine: (line: FunctionLine) => void;
}): (line: FunctionLine) => void {
  return (line) => {
    cloudWatch.takeLine(line.text);
    if (!figures.take(line.text)) onLine(line);
  };
}

function listenersOf({ onMapping, onAccess = () => {}, onApiFailure = () => {} }: RuntimeOptions) {
  const observe = (spec: MappingSpec, event: MappingEvent) => onMapping?.(serviceOf(spec), event);
  return { observe, onAccess, onApiFailure };
}

function busIn(workFolder: string, { onAlert = () => {} }: RuntimeOptions): LocalBus {
  return new LocalBus({
    file: join(workFolder, 'published-events.ndjson'),
    outletFile: join(workFolder, 'outlet-events.ndjson'),
    onEvent: onAlert,
  });
}

/** As `cdk deploy --outputs-file` does. */
async function writeOutputs(workFolder: string, stackName: string, { outputs }: LocalSystem): Promise<void> {
  const text = JSON.stringify({ [stackName]: Object.fromEntries(outputs) }, null, 1);
  await writeFile(join(workFolder, 'outputs.json'), `${text}\n`);
}

/** Recorded records stand in place of the telemetry stream. */
function recordedOf(
  streamName: string,
  { recorded, clock = systemClock }: RuntimeOptions,
): NonNullable<SystemParts['recorded']> {
  return ({ source }) =>
    recorded !== undefined && source.kind === 'kinesis' && source.stream.name === streamName
      ? { stream: recorded, clock }
      : undefined;
}

/** The tables that whoever watches the run looks into, by the names that the stack gives out. */
function storesOf(tableOfOutput: (name: string) => Table) {
  return {
    states: new SourceStates(tableOfOutput(OUTPUTS.sourcesTable)),
    windows: new Windows(tableOfOutput(OUTPUTS.windowsTable)),
    deadLetters: new DeadLetters(tableOfOutput(OUTPUTS.deadLettersTable)),
    alerts: new Alerts(tableOfOutput(OUTPUTS.alertsTable)),
    tokens: new IssuedTokens(tableOfOutput(OUTPUTS.tokensTable)),
    readers: tableOfOutput(OUTPUTS.readersTable),
  };
}

type Watching = (spec: FunctionSpec, fn: LocalFunction) => LocalFunction;

/** In processes of their own where there are servers to share between them, else in this one. */
async function startFunctions(
  { functions: specs }: LocalSystem,
  {
    endpoints,
    watching,
    ...options
  }: InProcessOptions & Pick<Backend, 'endpoints'> & { readonly watching: Watching },
): Promise<ReadonlyMap<string, LocalFunction>> {
  const functions = new Map<string, LocalFunction>();
  for (const fn of specs) {
    const made =
      endpoints === undefined
        ? await createInProcessFunction(fn, options)
        : createFunctionInvoker(fn, {
            region: REGION,
            endpoints,
            ...(options.accessKey === undefined ? {} : { accessKey: options.accessKey }),
            newRequestId: () => crypto.randomUUID(),
            onLine: options.onLine,
          });
    functions.set(fn.name, watching(fn, made));
  }
  return functions;
}

async function stopAll(functions: ReadonlyMap<string, LocalFunction>): Promise<void> {
  await Promise.all([...functions.values()].map((fn) => fn.stop()));
}

function closerOf(system: LocalSystem, functions: ReadonlyMap<string, LocalFunction>): LocalFunction {
  const name = system.outputs.get(OUTPUTS.closer);
  if (name === undefined)
    throw new RuntimeError(
      'no-closer',
      `the template has no output ${OUTPUTS.closer}, expected the closer’s name`,
    );
  return functionNamed(functions, name);
}

/** Name of the function of a consumer that reads a stream. */
function functionOf({ mappings }: LocalSystem, consumer: string): string {
  const found = mappings.find((spec) => serviceOf(spec) === consumer);
  if (found === undefined) throw new Error(`the template has no mapping for ${consumer}`);
  return found.fn.name;
}

function serviceOf({ fn }: MappingSpec): string {
  return fn.environment['POWERTOOLS_SERVICE_NAME'] ?? fn.name;
}

function tableOf(
  system: LocalSystem,
  backend: Backend,
  isIt: (spec: LocalSystem['tables'][number]) => boolean,
  what: string,
): Table {
  const spec = system.tables.find(isIt);
  if (spec === undefined) throw new Error(`the template has no table ${what}`);
  return backend.table(spec);
}

async function openGateway(
  { restApis, webSocketApis }: LocalSystem,
  { port, accessKey }: { readonly port: number | undefined; readonly accessKey: string },
  cleanups: (() => Promise<void>)[],
): Promise<Gateway | undefined> {
  if (restApis.length + webSocketApis.length === 0) return undefined;
  const gateway = await startGateway({
    port: port ?? HTTP_PORT,
    elseFree: port === undefined,
    accessKey,
  });
  cleanups.push(() => gateway.stop());
  return gateway;
}

/** Here the command does what the state machine and its task do on AWS; what it makes current is followed and read by the functions. */
const isOfRebuilds: Ignored = (_, { type }) => type === 'AWS::StepFunctions::StateMachine';
