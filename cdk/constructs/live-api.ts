// Live: a WebSocket API, the function behind it that takes subscriptions, and the one that tells of changes: streams of
// windows, of watched sources and of alerts → connections.
import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import { LogGroupLogDestination, WebSocketApi, WebSocketStage } from 'aws-cdk-lib/aws-apigatewayv2';
import { WebSocketLambdaAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { WebSocketLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { LIVE_STAGE, LIVE_TABLE, VARIABLE } from '../../src/platform/names.ts';
import type { Batching } from '../settings/batching.ts';
import type { AlertsTable } from './alerts-table.ts';
import { ConsumerFunction, FAILING } from './consumer-function.ts';
import { addDoorAlarms, SOCKET_ALARMS } from './door-alarms.ts';
import type { LiveTable } from './live-table.ts';
import type { ReadersTable } from './readers-table.ts';
import { ROLLUP_WINDOW_WRITES } from './rollup-window-writes.ts';
import { runEveryMinute } from './run-every-minute.ts';
import { addStoppedAlarm } from './scheduled-alarms.ts';
import type { SourcesTable } from './sources-table.ts';
import { StreamMapping } from './stream-mapping.ts';
import { tableStreamArn } from './table-stream-arn.ts';
import type { TokenKeys } from './token-keys.ts';
import type { TokensTable } from './tokens-table.ts';
import type { WindowsTable } from './windows-table.ts';

export interface LiveApiOptions {
  /** The code of the functions `subscribe`, `live` and `hang-up`. */
  readonly codeFolders: { readonly subscribe: string; readonly live: string; readonly 'hang-up': string };
  /** Lets readers in, and not devices: asked at $connect, with the token as a subprotocol. */
  readonly authorizer: IFunction;
  readonly sources: SourcesTable;
  readonly windows: WindowsTable;
  readonly readers: ReadersTable;
  readonly live: LiveTable;
  readonly alerts: AlertsTable;
  /** A connection gets changes as long as its token is valid. */
  readonly tokens: TokensTable;
  readonly keys: TokenKeys;
  /** Whether the pipeline has alerts: their stream is read only then. */
  readonly hasAlerts: boolean;
  readonly failures: Bucket;
  /** Whether the pipeline has any: else their windows need no reader. */
  readonly rollups: boolean;
  readonly batching: Batching;
}

export class LiveApi extends Construct {
  readonly subscribe: ConsumerFunction;
  readonly consumer: ConsumerFunction;
  /** Ends connections whose token is no longer good. */
  readonly hangUp: ConsumerFunction;
  /** Mappings that read the tables of windows, of live changes, and of alerts. */
  readonly mappings: readonly StreamMapping[];
  readonly apiId: string;
  /** `wss://…/stage` */
  readonly url: string;

  constructor(scope: Construct, id: string, options: LiveApiOptions) {
    super(scope, id);
    const { sources, windows, readers, live, alerts, tokens, keys } = options;
    const access = {
      [VARIABLE.table('tokens')]: tokens.table.tableName,
      [VARIABLE.secret('verifyingKeys')]: keys.verifying.secretArn,
    };
    const tables = {
      ...access,
      [VARIABLE.table('windows')]: windows.table.tableName,
      [VARIABLE.table('live')]: live.table.tableName,
    };
    this.subscribe = new ConsumerFunction(this, 'Subscribe', {
      name: 'subscribe',
      codeFolder: options.codeFolders.subscribe,
      memoryMb: 1024,
      // API Gateway waits 29 seconds.
      timeout: Duration.seconds(28),
      environment: {
        ...tables,
        [VARIABLE.table('sources')]: sources.table.tableName,
        [VARIABLE.table('readers')]: readers.table.tableName,
        [VARIABLE.table('alerts')]: alerts.table.tableName,
      },
    });
    this.consumer = new ConsumerFunction(this, 'Consumer', {
      name: 'live',
      codeFolder: options.codeFolders.live,
      memoryMb: 1024,
      timeout: Duration.minutes(1),
      alarms: [
        FAILING,
        { entry: 'shed', metric: 'shed', description: 'connections are ended for being too slow' },
      ],
      environment: tables,
    });
    this.hangUp = new ConsumerFunction(this, 'HangUp', {
      name: 'hang-up',
      codeFolder: options.codeFolders['hang-up'],
      memoryMb: 256,
      alarms: [{ ...FAILING, description: 'connections cannot be looked at' }],
      // It ends what expires until the next run begins, and then what it has under way.
      timeout: Duration.seconds(80),
      environment: { ...access, [VARIABLE.table('live')]: live.table.tableName },
    });
    runEveryMinute(this, this.hangUp, 'Ends live connections whose token is no longer good');
    addStoppedAlarm(this, this.hangUp);
    const api = this.#addApi(options.authorizer);
    const stage = this.#addStage(api);
    this.url = stage.url;
    const connections = (method: 'POST' | 'DELETE') =>
      Stack.of(this).formatArn({
        service: 'execute-api',
        resource: api.apiId,
        resourceName: `${LIVE_STAGE}/${method}/@connections/*`,
      });
    for (const consumer of [this.subscribe, this.consumer, this.hangUp]) {
      consumer.fn.addEnvironment(VARIABLE.poster('live'), stage.callbackUrl);
      consumer.allow(['execute-api:ManageConnections'], connections('DELETE'));
      consumer.allow(LIVE_ACTIONS, live.table.tableArn);
      consumer.allow(['dynamodb:BatchGetItem'], tokens.table.tableArn);
      consumer.allow(['secretsmanager:GetSecretValue'], keys.verifying.secretArn);
    }
    for (const consumer of [this.subscribe, this.consumer]) {
      consumer.allow(['execute-api:ManageConnections'], connections('POST'));
      consumer.allow(['dynamodb:Query'], windows.table.tableArn);
    }
    this.subscribe.allow(['dynamodb:PartiQLUpdate'], live.table.tableArn);
    this.subscribe.allow(['dynamodb:BatchGetItem'], sources.table.tableArn, alerts.table.tableArn);
    this.subscribe.allow(['dynamodb:Query'], readers.table.tableArn, alerts.standingIndexArn);
    this.mappings = this.#addMappings(options);
    this.apiId = api.apiId;
    addDoorAlarms(this, SOCKET_ALARMS, { ApiId: api.apiId, Stage: LIVE_STAGE });
  }

  #addMappings(options: LiveApiOptions): readonly StreamMapping[] {
    const { windows, live, alerts, failures } = options;
    const reader = ({ table }: WindowsTable | LiveTable | AlertsTable) => ({
      consumer: this.consumer,
      stream: { kind: 'dynamodb' as const, arn: tableStreamArn(table) },
      failures,
      batching: options.batching,
    });
    const windowsMapping = new StreamMapping(this, 'WindowsReader', {
      ...reader(windows),
      changelog: 'windows',
      enabled: options.rollups,
      pattern: ROLLUP_WINDOW_WRITES,
    });
    const liveMapping = new StreamMapping(this, 'LiveReader', {
      ...reader(live),
      changelog: 'live',
      pattern: CHANGES,
    });
    const alertsMapping = new StreamMapping(this, 'AlertsReader', {
      ...reader(alerts),
      changelog: 'alerts',
      enabled: options.hasAlerts,
    });
    return [windowsMapping, liveMapping, alertsMapping];
  }

  #addApi(authorizer: IFunction): WebSocketApi {
    const route = (name: string) => ({
      integration: new WebSocketLambdaIntegration(name, this.subscribe.fn),
    });
    return new WebSocketApi(this, 'Api', {
      description: 'Tidemill: live windows',
      // Every message goes to one function, whatever it says.
      routeSelectionExpression: '$request.body.route',
      connectRouteOptions: {
        ...route('Connections'),
        authorizer: new WebSocketLambdaAuthorizer('Readers', authorizer, {
          // A header: a query string would stand in logs on its way.
          identitySource: ['route.request.header.Sec-WebSocket-Protocol'],
        }),
      },
      disconnectRouteOptions: route('Ends'),
      defaultRouteOptions: route('Messages'),
    });
  }

  #addStage(webSocketApi: WebSocketApi): WebSocketStage {
    const logs = new LogGroup(this, 'AccessLogs', {
      retention: RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    return new WebSocketStage(this, 'Stage', {
      webSocketApi,
      stageName: LIVE_STAGE,
      autoDeploy: true,
      throttle: { rateLimit: 200, burstLimit: 400 },
      accessLogSettings: {
        destination: new LogGroupLogDestination(logs),
        // No headers and no query string: a token may stand in them.
        format: AccessLogFormat.custom(JSON.stringify(LOGGED)),
      },
    });
  }
}

const LOGGED = {
  requestId: '$context.requestId',
  connectionId: '$context.connectionId',
  eventType: '$context.eventType',
  routeKey: '$context.routeKey',
  status: '$context.status',
  error: '$context.error.message',
  requestTime: '$context.requestTime',
};

/** Filter of the live table's writes: only changes are to be sent to clients, no connections, subscriptions and notes. */
const CHANGES = { dynamodb: { Keys: { [LIVE_TABLE.sortKey]: { S: [LIVE_TABLE.change] } } } };

const LIVE_ACTIONS = ['dynamodb:BatchGetItem', 'dynamodb:BatchWriteItem', 'dynamodb:Query'];
