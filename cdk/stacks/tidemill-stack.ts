// The whole system: what is deployed, and what the local runtime reads to run the same on a laptop.
import { Aws, CfnOutput, Duration, Stack, type StackProps } from 'aws-cdk-lib';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { API_STAGE, type FunctionName, LIVE_STAGE, OUTPUTS } from '../../src/platform/names.ts';
import type { AlertsInUse } from '../alerts-in.ts';
import type { DashboardBundle } from '../bundle-dashboard.ts';
import { Aggregate } from '../constructs/aggregate.ts';
import { Alert } from '../constructs/alert.ts';
import { AlertClock } from '../constructs/alert-clock.ts';
import { AlertsTable } from '../constructs/alerts-table.ts';
import { Archive } from '../constructs/archive.ts';
import { StackBudget } from '../constructs/budget.ts';
import { Close } from '../constructs/close.ts';
import { ConsumerFunction } from '../constructs/consumer-function.ts';
import { Dashboard } from '../constructs/dashboard.ts';
import { DeadLettersTable } from '../constructs/dead-letters-table.ts';
import { FailuresBucket } from '../constructs/failures-bucket.ts';
import { HttpDoor } from '../constructs/http-door.ts';
import { LiveApi } from '../constructs/live-api.ts';
import { LiveTable } from '../constructs/live-table.ts';
import { OperationsDashboard } from '../constructs/operations-dashboard.ts';
import { Outlet } from '../constructs/outlet.ts';
import { Publish } from '../constructs/publish.ts';
import { QueryApi } from '../constructs/query-api.ts';
import { ReadersTable } from '../constructs/readers-table.ts';
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
  /** What of the alerts runs; default: all. */
  readonly alerts?: AlertsInUse;
  /** Whether the pipeline has any; default: true. */
  readonly rollups?: boolean;
  /** Of the HTTP door, for bodies in other forms; default: none. */
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
      // Said to be protected, not only by default.
      ...(props.throwAway === false ? { terminationProtection: true } : {}),
    });
    const batching = BATCHING[props.profile ?? 'balanced'];
    const { code, alerts: inUse = ALL_ALERTS, rollups = true, routes = [] } = props;
    const hasAlerts = inUse.onSources || inUse.onRollups;
    const telemetry = new TelemetryStream(this, 'Telemetry', props);
    const { stream } = telemetry;
    const sources = new SourcesTable(this, 'Sources', props);
    const windows = new WindowsTable(this, 'Windows', props);
    const deadLetters = new DeadLettersTable(this, 'DeadLetters', props);
    const readers = new ReadersTable(this, 'Readers', props);
    const live = new LiveTable(this, 'LiveState', props);
    const alerts = new AlertsTable(this, 'Alerts', props);
    const { bucket: failures } = new FailuresBucket(this, 'Failures', props);

    const aggregate = new Aggregate(this, 'Aggregate', {
      codeFolder: code.aggregate,
      telemetry,
      sources,
      deadLetters,
      failures,
      batching: batching.telemetry,
    });
    const rollup = new Rollup(this, 'Rollup', {
      codeFolder: code.rollup,
      sources,
      windows,
      deadLetters,
      readers,
      live,
      failures,
      batching: batching.changes,
    });
    const close = new Close(this, 'Close', { codeFolder: code.close, sources });
    const alert = new Alert(this, 'Alert', {
      codeFolder: code.alert,
      sources,
      windows,
      alerts,
      failures,
      inUse,
      batching: batching.changes,
    });
    const alertClock = new AlertClock(this, 'AlertClock', {
      codeFolder: code['alert-clock'],
      sources,
      alerts,
      enabled: inUse.byClock,
    });
    const publish = new Publish(this, 'Publish', {
      codeFolder: code.publish,
      alerts,
      failures,
      enabled: hasAlerts,
      batching: batching.telling,
    });
    const archive =
      props.archive === true
        ? new Archive(this, 'Archive', { ...props, codeFolder: code.record, telemetry, failures })
        : undefined;
    const tokens = new TokensTable(this, 'Tokens', props);
    const keys = new TokenKeys(this, 'TokenKeys', props);
    const door = new HttpDoor(this, 'Door', {
      codeFolder: code.authorize,
      stream,
      tokens,
      keys,
      routes,
      settings: props,
    });
    const query = new QueryApi(this, 'Query', {
      codeFolder: code.query,
      api: door.api,
      authorizer: door.authorize.readers(),
      sources,
      windows,
      deadLetters,
      alerts,
      readers,
    });
    const liveApi = new LiveApi(this, 'Live', {
      codeFolders: { subscribe: code.subscribe, live: code.live, 'hang-up': code['hang-up'] },
      authorizer: door.authorize.consumer.fn,
      sources,
      windows,
      readers,
      live,
      alerts,
      tokens,
      keys,
      hasAlerts,
      failures,
      rollups,
      batching: batching.telling,
    });
    // Its access log asks for the account's right to write any, which comes with the other API.
    liveApi.node.addDependency(door.api.node.findChild('Account'));
    this.outlet =
      props.outlet === undefined
        ? undefined
        : new Outlet(this, 'Outlet', {
            ...props,
            ...props.outlet,
            codeFolder: code.outlet,
            failures,
            batching: batching.telling,
          });
    for (const teller of [rollup.consumer, liveApi.consumer]) this.outlet?.toldBy(teller);
    new Dashboard(this, 'Dashboard', {
      bundle: props.dashboard,
      api: door.api,
      liveUrl: liveApi.url,
      settings: props,
    });
    new OperationsDashboard(this, 'Operations', {
      // Names of dashboards are the account's, of all regions.
      ...(props.stage === undefined ? {} : { name: `${this.stackName}-${Aws.REGION}` }),
      stream,
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
        ...(this.outlet === undefined ? [] : [this.outlet]),
      ],
      others: [
        close.consumer,
        alertClock.consumer,
        door.authorize.consumer,
        query.consumer,
        liveApi.subscribe,
        liveApi.hangUp,
      ],
    });
    enforceStreamReaderRules(this);
    enforceSingleWriter(this);
    if (props.budget !== undefined) new StackBudget(this, 'Budget', props.budget);
    applySettings(this, props);
    this.#code = code;
    this.#telemetry = telemetry;
    this.#failures = failures;
    this.#batching = batching;

    new CfnOutput(this, OUTPUTS.stream, { value: stream.streamName });
    new CfnOutput(this, OUTPUTS.sourcesTable, { value: sources.table.tableName });
    new CfnOutput(this, OUTPUTS.windowsTable, { value: windows.table.tableName });
    new CfnOutput(this, OUTPUTS.deadLettersTable, { value: deadLetters.table.tableName });
    new CfnOutput(this, OUTPUTS.readersTable, { value: readers.table.tableName });
    new CfnOutput(this, OUTPUTS.liveTable, { value: live.table.tableName });
    new CfnOutput(this, OUTPUTS.liveUrl, { value: liveApi.url });
    new CfnOutput(this, OUTPUTS.alertsTable, { value: alerts.table.tableName });
    new CfnOutput(this, OUTPUTS.failuresBucket, { value: failures.bucketName });
    if (archive !== undefined)
      new CfnOutput(this, OUTPUTS.archiveBucket, { value: archive.bucket.bucketName });
    new CfnOutput(this, OUTPUTS.tokensTable, { value: tokens.table.tableName });
    new CfnOutput(this, OUTPUTS.signingKeys, { value: keys.signing.secretArn });
    new CfnOutput(this, OUTPUTS.verifyingKeys, { value: keys.verifying.secretArn });
    new CfnOutput(this, OUTPUTS.closer, { value: close.consumer.fn.functionName });
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
