// The whole system: what is deployed, and what the local runtime reads to run the same on a laptop.
import { Aws, CfnOutput, Duration, Stack, type StackProps } from 'aws-cdk-lib';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import {
  API_STAGE,
  type FunctionName,
  LIVE_STAGE,
  NOTE_RUNS,
  OUTPUTS,
  VARIABLE,
} from '../../src/platform/names.ts';
import { acceptFindings } from '../accepted-findings.ts';
import type { AlertsInUse } from '../alerts-in.ts';
import type { DashboardBundle } from '../bundle-dashboard.ts';
import { Aggregate } from '../constructs/aggregate.ts';
import { Alert } from '../constructs/alert.ts';
import { AlertClock } from '../constructs/alert-clock.ts';
import { AlertsTable } from '../constructs/alerts-table.ts';
import { Archive } from '../constructs/archive.ts';
import { Audit } from '../constructs/audit.ts';
import { StackBudget } from '../constructs/budget.ts';
import { Close } from '../constructs/close.ts';
import { ConsumerFunction } from '../constructs/consumer-function.ts';
import { Dashboard } from '../constructs/dashboard.ts';
import { DeadLettersTable } from '../constructs/dead-letters-table.ts';
import { FailuresBucket } from '../constructs/failures-bucket.ts';
import { HttpDoor } from '../constructs/http-door.ts';
import { Incoming } from '../constructs/incoming.ts';
import { LiveApi } from '../constructs/live-api.ts';
import { LiveTable } from '../constructs/live-table.ts';
import { Load } from '../constructs/load.ts';
import { MqttDoor } from '../constructs/mqtt-door.ts';
import { OperationsDashboard } from '../constructs/operations-dashboard.ts';
import { Outlet } from '../constructs/outlet.ts';
import { Publish } from '../constructs/publish.ts';
import { QueryApi } from '../constructs/query-api.ts';
import { ReadersTable } from '../constructs/readers-table.ts';
import { READ_BY_QUERY, READ_BY_SUBSCRIBE, Rebuild } from '../constructs/rebuild.ts';
import { RetireApi } from '../constructs/retire-api.ts';
import { Rollup } from '../constructs/rollup.ts';
import { enforceSingleWriter } from '../constructs/single-writer-rules.ts';
import { SourcesTable } from '../constructs/sources-table.ts';
import { StreamMapping, type StreamMappingOptions } from '../constructs/stream-mapping.ts';
import { enforceStreamReaderRules } from '../constructs/stream-reader-rules.ts';
import { TelemetryStream } from '../constructs/telemetry-stream.ts';
import { TokenKeys } from '../constructs/token-keys.ts';
import { TokensTable } from '../constructs/tokens-table.ts';
import { WindowsTable } from '../constructs/windows-table.ts';
import { applySettings } from '../settings/apply-settings.ts';
import { BATCHING, type ProfileBatching } from '../settings/batching.ts';
import type { Settings } from '../settings/settings.ts';

/** How the settings have it; `tags` are given to everything in the stack. */
export type TidemillStackOptions = Settings;

export interface TidemillStackProps extends TidemillStackOptions, Omit<StackProps, 'tags'> {
  /** Code folder of each function. */
  readonly code: Readonly<Record<FunctionName, string>>;
  readonly dashboard: DashboardBundle;
  /** Where the load's bundle is, where the settings ask for it. */
  readonly loadFolder?: string | undefined;
  /** What of the alerts runs; default: all. */
  readonly alerts?: AlertsInUse;
  /** Whether the pipeline has any; default: true. */
  readonly rollups?: boolean;
  /** Routes of the HTTP door for bodies in other forms; default: none. */
  readonly routes?: readonly string[];
}

/** `stream`: another than the telemetry stream. */
export interface OwnConsumerOptions
  extends Partial<Pick<StreamMappingOptions, 'stream' | 'batching' | 'pattern' | 'enabled'>> {
  readonly memoryMb?: number;
  readonly timeout?: Duration;
}

export class TidemillStack extends Stack {
  /** There where the settings ask for one. */
  readonly outlet: Outlet | undefined;
  readonly #code: Readonly<Record<FunctionName, string>>;
  readonly #telemetry: TelemetryStream;
  readonly #failures: Bucket;
  readonly #batching: ProfileBatching;

  constructor(scope: Construct, id: string, props: TidemillStackProps) {
    const { tags: _, region, ...stackProps } = props;
    super(scope, id, {
      description: 'Tidemill: real-time telemetry aggregation',
      ...stackProps,
      ...(region === undefined ? {} : { env: { ...props.env, region } }),
      // Said to be protected, not only by default; a creation that failed has to be deleted before the next.
      ...(props.throwAway === false && props.firstCreate !== true ? { terminationProtection: true } : {}),
    });
    const telemetry = new TelemetryStream(this, 'Telemetry', props);
    const tables = addTables(this, props);
    const { bucket: failures } = new FailuresBucket(this, 'Failures', props);
    const held = { ...tables, telemetry, failures };
    const consumers = addConsumers(this, props, held);
    const keys = new TokenKeys(this, 'TokenKeys', props);
    const apis = addApis(this, props, { ...held, keys });
    this.outlet = addOutlet(this, props, {
      failures,
      tellers: [consumers.rollup.consumer, apis.liveApi.consumer],
    });
    const rebuild = addRebuild(this, props, { ...held, archive: consumers.archive });
    rebuild?.readBy(apis.query.consumer, READ_BY_QUERY);
    rebuild?.readBy(apis.liveApi.subscribe, READ_BY_SUBSCRIBE);
    if (props.mqtt === true)
      new MqttDoor(this, 'Mqtt', { stream: telemetry.stream, failures, settings: props });
    addLoad(this, props, held);
    addDashboard(this, props, apis);
    addOperations(this, props, { telemetry, ...consumers, ...apis, outlet: this.outlet, rebuild });
    enforceStreamReaderRules(this);
    enforceSingleWriter(this);
    if (props.budget !== undefined) new StackBudget(this, 'Budget', props.budget);
    applySettings(this, props);
    acceptFindings(this);
    this.#code = props.code;
    this.#telemetry = telemetry;
    this.#failures = failures;
    this.#batching = batchingOf(props);
    addOutputs(this, {
      ...held,
      keys,
      liveApi: apis.liveApi,
      close: consumers.close,
      archive: consumers.archive,
      incoming: consumers.incoming,
      rebuild,
    });
  }

  /**
   * Adds a function of one's own that reads the telemetry stream, beside ours: Kinesis bears several readers. What else it needs is
   * added to what comes back: `consumer.fn.addEnvironment(VARIABLE.table('mine'), …)`, `consumer.allow([…], …)`.
   */
  addConsumer(name: FunctionName, options: OwnConsumerOptions = {}): ConsumerFunction {
    const scope = new Construct(this, `Own-${name}`);
    const { memoryMb = 512, timeout = Duration.minutes(1), ...mapping } = options;
    const settings = { name, codeFolder: this.#code[name], memoryMb, timeout, environment: {} };
    const consumer = new ConsumerFunction(scope, 'Consumer', settings);
    const { stream: own, retention } = this.#telemetry;
    const stream = { kind: 'kinesis' as const, arn: own.streamArn, retention };
    new StreamMapping(scope, 'Reader', {
      stream,
      batching: this.#batching.telemetry,
      ...mapping,
      consumer,
      failures: this.#failures,
    });
    return consumer;
  }
}

const ALL_ALERTS: AlertsInUse = { onSources: true, onRollups: true, byClock: true };

/** What holds data, by what it holds. */
interface Held extends ReturnType<typeof addTables> {
  readonly telemetry: TelemetryStream;
  readonly failures: Bucket;
}

function batchingOf({ profile = 'balanced' }: TidemillStackProps): ProfileBatching {
  return BATCHING[profile];
}

function addTables(stack: Stack, props: TidemillStackProps) {
  return {
    sources: new SourcesTable(stack, 'Sources', props),
    windows: new WindowsTable(stack, 'Windows', props),
    deadLetters: new DeadLettersTable(stack, 'DeadLetters', props),
    readers: new ReadersTable(stack, 'Readers', props),
    live: new LiveTable(stack, 'LiveState', props),
    alerts: new AlertsTable(stack, 'Alerts', props),
    tokens: new TokensTable(stack, 'Tokens', props),
  };
}

function hasAlerts({ alerts: { onSources, onRollups } = ALL_ALERTS }: TidemillStackProps): boolean {
  return onSources || onRollups;
}

function addConsumers(stack: Stack, props: TidemillStackProps, held: Held) {
  const { sources, windows, deadLetters, readers, live, alerts, telemetry, failures } = held;
  const { code, alerts: inUse = ALL_ALERTS } = props;
  const batching = batchingOf(props);
  const aggregate = new Aggregate(stack, 'Aggregate', {
    codeFolder: code.aggregate,
    telemetry,
    sources,
    deadLetters,
    readers,
    failures,
    batching: batching.telemetry,
  });
  const rollup = new Rollup(stack, 'Rollup', {
    codeFolder: code.rollup,
    sources,
    windows,
    deadLetters,
    readers,
    live,
    failures,
    batching: batching.changes,
  });
  const close = new Close(stack, 'Close', {
    codeFolder: code.close,
    sources,
    readers,
    streams: [telemetry.stream],
  });
  const alert = new Alert(stack, 'Alert', {
    codeFolder: code.alert,
    sources,
    windows,
    alerts,
    failures,
    inUse,
    batching: batching.changes,
  });
  const alertClock = new AlertClock(stack, 'AlertClock', {
    codeFolder: code['alert-clock'],
    sources,
    alerts,
    windows,
    readers,
    enabled: inUse.byClock,
  });
  const publish = new Publish(stack, 'Publish', {
    codeFolder: code.publish,
    alerts,
    failures,
    enabled: hasAlerts(props),
    batching: batching.telling,
  });
  const audit = new Audit(stack, 'Audit', { codeFolder: code.audit, sources, windows, deadLetters, readers });
  const archive =
    props.archive === true
      ? new Archive(stack, 'Archive', { ...props, codeFolder: code.record, telemetry, failures })
      : undefined;
  if (archive !== undefined)
    audit.compareWith({ bucket: archive.bucket, streams: [telemetry.stream], readers });
  const incoming =
    props.incoming === true
      ? new Incoming(stack, 'Incoming', { ...props, codeFolder: code.incoming, telemetry })
      : undefined;
  if (props.incidents === true)
    for (const { consumer } of [aggregate, close])
      consumer.fn.addEnvironment(VARIABLE.setting(NOTE_RUNS), 'true');
  return { aggregate, rollup, close, alert, alertClock, publish, audit, archive, incoming };
}

function addApis(stack: Stack, props: TidemillStackProps, held: Held & { readonly keys: TokenKeys }) {
  const { sources, windows, deadLetters, readers, live, alerts, tokens, keys, telemetry, failures } = held;
  const { code, rollups = true, routes = [] } = props;
  const door = new HttpDoor(stack, 'Door', {
    codeFolder: code.authorize,
    stream: telemetry.stream,
    tokens,
    keys,
    routes,
    settings: props,
  });
  const query = new QueryApi(stack, 'Query', {
    codeFolder: code.query,
    api: door.api,
    authorizer: door.authorize.readers(),
    sources,
    windows,
    deadLetters,
    alerts,
    readers,
  });
  const retire = new RetireApi(stack, 'Retire', {
    codeFolder: code.retire,
    api: door.api,
    authorizer: door.authorize.operators(door),
    sources,
  });
  const liveApi = new LiveApi(stack, 'Live', {
    codeFolders: { subscribe: code.subscribe, live: code.live, 'hang-up': code['hang-up'] },
    authorizer: door.authorize.consumer.fn,
    sources,
    windows,
    readers,
    live,
    alerts,
    tokens,
    keys,
    hasAlerts: hasAlerts(props),
    failures,
    rollups,
    batching: batchingOf(props).telling,
  });
  // Its access log asks for the account's right to write any: where the stack sets that, it comes with the other API.
  const account = door.api.node.tryFindChild('Account');
  if (account !== undefined) liveApi.node.addDependency(account);
  return { door, query, retire, liveApi };
}

function addOutlet(
  stack: Stack,
  props: TidemillStackProps,
  { failures, tellers }: Pick<Held, 'failures'> & { readonly tellers: readonly ConsumerFunction[] },
): Outlet | undefined {
  if (props.outlet === undefined) return undefined;
  const outlet = new Outlet(stack, 'Outlet', {
    ...props,
    ...props.outlet,
    codeFolder: props.code.outlet,
    failures,
    batching: batchingOf(props).telling,
  });
  for (const teller of tellers) outlet.toldBy(teller);
  return outlet;
}

function addRebuild(
  stack: Stack,
  props: TidemillStackProps,
  { archive, telemetry, ...held }: Held & { readonly archive: Archive | undefined },
): Rebuild | undefined {
  if (props.rebuild !== true) return undefined;
  if (archive === undefined)
    throw new Error(
      'rebuild: found it asked for without an archive, expected `archive` with it: that is what is rebuilt from',
    );
  const { sources, windows, deadLetters, alerts, readers } = held;
  return new Rebuild(stack, 'Rebuild', {
    codeFolder: props.code.rebuild,
    archive,
    telemetry,
    tables: { sources, windows, deadLetters, alerts, readers },
  });
}

function addLoad(stack: Stack, { load, loadFolder }: TidemillStackProps, { telemetry }: Held): void {
  if (load !== true) return;
  if (loadFolder === undefined)
    throw new Error(
      'load: found it asked for without its bundle, expected the folder that `bundleLoad` makes',
    );
  new Load(stack, 'Load', { codeFolder: loadFolder, telemetry });
}

function addDashboard(
  stack: Stack,
  props: TidemillStackProps,
  { door, liveApi }: ReturnType<typeof addApis>,
): void {
  new Dashboard(stack, 'Dashboard', {
    bundle: props.dashboard,
    api: door.api,
    liveUrl: liveApi.url,
    settings: props,
  });
}

function addOperations(
  stack: Stack,
  props: TidemillStackProps,
  parts: Pick<Held, 'telemetry'> &
    ReturnType<typeof addConsumers> &
    ReturnType<typeof addApis> & {
      readonly outlet: Outlet | undefined;
      readonly rebuild: Rebuild | undefined;
    },
): void {
  const { telemetry, aggregate, rollup, close, alert, alertClock, publish, audit, archive, incoming } = parts;
  const { door, query, retire, liveApi, outlet, rebuild } = parts;
  new OperationsDashboard(stack, 'Operations', {
    // Names of dashboards are the account's, of all regions.
    ...(props.stage === undefined ? {} : { name: `${stack.stackName}-${Aws.REGION}` }),
    stream: telemetry.stream,
    api: { ApiName: door.api.restApiName, Stage: API_STAGE },
    liveApi: { ApiId: liveApi.apiId, Stage: LIVE_STAGE },
    readers: [
      aggregate,
      rollup,
      { consumer: alert.consumer, mapping: alert.sourcesMapping },
      { consumer: alert.consumer, mapping: alert.windowsMapping },
      publish,
      ...liveApi.mappings.map((mapping) => ({ consumer: liveApi.consumer, mapping })),
      ...(archive === undefined ? [] : [archive]),
      ...(outlet === undefined ? [] : [outlet]),
    ],
    others: [
      close.consumer,
      alertClock.consumer,
      audit.consumer,
      door.authorize.consumer,
      query.consumer,
      retire.consumer,
      liveApi.subscribe,
      liveApi.hangUp,
      ...(rebuild === undefined ? [] : [rebuild.consumer]),
      ...(incoming === undefined ? [] : [incoming.consumer]),
    ],
  });
}

function addOutputs(
  stack: Stack,
  parts: Held & {
    readonly keys: TokenKeys;
    readonly liveApi: LiveApi;
    readonly close: Close;
    readonly archive: Archive | undefined;
    readonly incoming: Incoming | undefined;
    readonly rebuild: Rebuild | undefined;
  },
): void {
  const { telemetry, sources, windows, deadLetters, readers, live, alerts, tokens, failures } = parts;
  const { keys, liveApi, close, archive, incoming, rebuild } = parts;
  new CfnOutput(stack, OUTPUTS.stream, { value: telemetry.stream.streamName });
  new CfnOutput(stack, OUTPUTS.sourcesTable, { value: sources.table.tableName });
  new CfnOutput(stack, OUTPUTS.windowsTable, { value: windows.table.tableName });
  new CfnOutput(stack, OUTPUTS.deadLettersTable, { value: deadLetters.table.tableName });
  new CfnOutput(stack, OUTPUTS.readersTable, { value: readers.table.tableName });
  new CfnOutput(stack, OUTPUTS.liveTable, { value: live.table.tableName });
  new CfnOutput(stack, OUTPUTS.liveUrl, { value: liveApi.url });
  new CfnOutput(stack, OUTPUTS.alertsTable, { value: alerts.table.tableName });
  new CfnOutput(stack, OUTPUTS.failuresBucket, { value: failures.bucketName });
  if (archive !== undefined)
    new CfnOutput(stack, OUTPUTS.archiveBucket, { value: archive.bucket.bucketName });
  if (incoming !== undefined)
    new CfnOutput(stack, OUTPUTS.incomingBucket, { value: incoming.bucket.bucketName });
  if (rebuild !== undefined)
    new CfnOutput(stack, OUTPUTS.rebuildMachine, { value: rebuild.machine.machine.stateMachineArn });
  new CfnOutput(stack, OUTPUTS.tokensTable, { value: tokens.table.tableName });
  new CfnOutput(stack, OUTPUTS.signingKeys, { value: keys.signing.secretArn });
  new CfnOutput(stack, OUTPUTS.verifyingKeys, { value: keys.verifying.secretArn });
  new CfnOutput(stack, OUTPUTS.closer, { value: close.consumer.fn.functionName });
}
