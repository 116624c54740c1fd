// Runs a consumer in this process, on tables in memory: what stands in for a function's own processes where there are
// no servers to share between processes.
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { type AggregateDeps, createAggregate } from '../../consumers/aggregate/aggregate.ts';
import { createAlert } from '../../consumers/alert/alert.ts';
import { createAlertClock } from '../../consumers/alert-clock/alert-clock.ts';
import { createAuthorize } from '../../consumers/authorize/authorize.ts';
import { KeyCache } from '../../consumers/authorize/key-cache.ts';
import { createClose, type RemainingTime } from '../../consumers/close/close.ts';
import { createLive } from '../../consumers/live/live.ts';
import { createPublish } from '../../consumers/publish/publish.ts';
import { createQuery } from '../../consumers/query/query.ts';
import { createRollup } from '../../consumers/rollup/rollup.ts';
import { createSubscribe } from '../../consumers/subscribe/subscribe.ts';
import type { Pipeline } from '../core/pipeline.ts';
import type { FunctionLine, LocalFunction } from '../local-stack/function-invoker.ts';
import type { FunctionSpec } from '../local-stack/read-function.ts';
import { createApiGatewayPoster } from '../platform/api-gateway-poster.ts';
import type { Clock } from '../platform/clock.ts';
import { KEY_CACHE_SECONDS } from '../platform/door.ts';
import type { EventBus } from '../platform/event-bus.ts';
import { ENV, FUNCTION_NAMES } from '../platform/names.ts';
import type { Counts } from '../platform/observe.ts';
import { createSecrets } from '../platform/secrets.ts';
import { Alerts } from '../stores/alerts.ts';
import { DeadLetters } from '../stores/dead-letters.ts';
import { IssuedTokens } from '../stores/issued-tokens.ts';
import { LiveConnections } from '../stores/live-connections.ts';
import { RecentAlerts } from '../stores/recent-alerts.ts';
import { RollupDirectory } from '../stores/rollup-directory.ts';
import { SourceStates } from '../stores/source-states.ts';
import type { Table } from '../stores/table.ts';
import { Windows } from '../stores/windows.ts';

export interface InProcessOptions {
  readonly pipeline: Pipeline;
  readonly clock: Clock;
  /** The table a function's environment names. */
  readonly table: (name: string) => Table;
  /** Endpoint of Secrets Manager's stand-in. */
  readonly secretsEndpoint: string;
  readonly bus: EventBus;
  readonly onLine: (line: FunctionLine) => void;
}

/** Which consumer it is stands in the function's environment, as its service name. */
export function createInProcessFunction(fn: FunctionSpec, options: InProcessOptions): LocalFunction {
  const handler = createHandler(fn, options);
  return {
    async invoke(payload) {
      try {
        const deadlineMs = options.clock.nowMs() + fn.timeoutMs;
        const context = { getRemainingTimeInMillis: () => deadlineMs - options.clock.nowMs() };
        return { kind: 'returned', payload: JSON.stringify(await handler(payload, context)) };
      } catch (error) {
        const { name, message } = error instanceof Error ? error : new Error(String(error));
        return { kind: 'function-error', errorType: name, message };
      }
    },
    pids: () => [],
    busyPids: () => [],
    stop: async () => {},
  };
}

/** The local servers take any credentials. */
const LOCAL = { region: 'us-east-1', credentials: { accessKeyId: 'local', secretAccessKey: 'local' } };

/** The event is what the mapping or the schedule made of its own records: JSON of the shape the consumer takes. */
type Handler = (payload: string, context: RemainingTime) => Promise<unknown>;

function createHandler(
  fn: FunctionSpec,
  { pipeline, clock, table, secretsEndpoint, bus, onLine }: InProcessOptions,
): Handler {
  const service = fn.environment['POWERTOOLS_SERVICE_NAME'] ?? '';
  const tableOf = (name: keyof typeof ENV) => table(fn.environment[ENV[name]] ?? '');
  const write = (record: object) =>
    onLine({ functionName: fn.name, output: 'stdout', text: JSON.stringify(record) });
  const say = (level: string) => (message: string, fields: object) =>
    write({ level, service, message, ...fields });
  const common: Pick<AggregateDeps, 'pipeline' | 'log' | 'meter' | 'nowMs'> = {
    pipeline,
    nowMs: () => clock.nowMs(),
    log: { info: say('INFO'), warn: say('WARN'), error: say('ERROR') },
    meter: { publish: (counts: Counts) => write({ _aws: { Timestamp: clock.nowMs() }, service, ...counts }) },
  };
  const livePosts = () => ({
    clock,
    random: Math.random,
    poster: createApiGatewayPoster(fn.environment[ENV.liveEndpoint] ?? '', LOCAL),
  });
  switch (service) {
    case 'aggregate': {
      const states = new SourceStates(tableOf('sourcesTable'));
      const aggregate = createAggregate({
        ...common,
        states,
        deadLetters: new DeadLetters(tableOf('deadLettersTable')),
      });
      return (payload) => aggregate(JSON.parse(payload));
    }
    case 'rollup': {
      const windows = new Windows(tableOf('windowsTable'));
      const rollup = createRollup({
        ...common,
        windows,
        deadLetters: new DeadLetters(tableOf('deadLettersTable')),
        readers: {
          directory: new RollupDirectory(tableOf('readersTable')),
          live: new LiveConnections(tableOf('liveTable')),
        },
      });
      return (payload) => rollup(JSON.parse(payload));
    }
    case 'query': {
      const query = createQuery({
        ...common,
        clock,
        states: new SourceStates(tableOf('sourcesTable')),
        windows: new Windows(tableOf('windowsTable')),
        deadLetters: new DeadLetters(tableOf('deadLettersTable')),
        alerts: new Alerts(tableOf('alertsTable')),
        directory: new RollupDirectory(tableOf('readersTable')),
        readersTable: tableOf('readersTable'),
      });
      return (payload) => query(JSON.parse(payload));
    }
    case 'subscribe': {
      const subscribe = createSubscribe({
        ...common,
        ...livePosts(),
        states: new SourceStates(tableOf('sourcesTable')),
        windows: new Windows(tableOf('windowsTable')),
        directory: new RollupDirectory(tableOf('readersTable')),
        alerts: new Alerts(tableOf('alertsTable')),
        recent: new RecentAlerts(tableOf('liveTable')),
        connections: new LiveConnections(tableOf('liveTable')),
      });
      return (payload) => subscribe(JSON.parse(payload));
    }
    case 'live': {
      const live = createLive({
        ...common,
        ...livePosts(),
        windows: new Windows(tableOf('windowsTable')),
        recent: new RecentAlerts(tableOf('liveTable')),
        connections: new LiveConnections(tableOf('liveTable')),
      });
      return (payload) => live(JSON.parse(payload));
    }
    case 'close': {
      const close = createClose({ ...common, states: new SourceStates(tableOf('sourcesTable')) });
      return (payload, context) => close(JSON.parse(payload), context);
    }
    case 'authorize': {
      const secrets = createSecrets(new SecretsManagerClient({ ...LOCAL, endpoint: secretsEndpoint }));
      const tokens = new IssuedTokens(tableOf('tokensTable'));
      const authorize = createAuthorize({
        ...common,
        keys: new KeyCache({
          read: () => secrets.read(fn.environment[ENV.verifyingKeys] ?? ''),
          nowMs: common.nowMs,
          maxAgeMs: KEY_CACHE_SECONDS * 1_000,
          minAgeMs: 2_000,
        }),
        isRevoked: (token) => tokens.isRevoked(token),
        planKeys: JSON.parse(fn.environment[ENV.planKeys] ?? '{}'),
      });
      return (payload) => authorize(JSON.parse(payload));
    }
    case 'alert': {
      const alert = createAlert({
        ...common,
        alerts: new Alerts(tableOf('alertsTable')),
        windows: new Windows(tableOf('windowsTable')),
      });
      return (payload) => alert(JSON.parse(payload));
    }
    case 'alert-clock': {
      const alertClock = createAlertClock({
        ...common,
        alerts: new Alerts(tableOf('alertsTable')),
        states: new SourceStates(tableOf('sourcesTable')),
      });
      return (payload, context) => alertClock(JSON.parse(payload), context);
    }
    case 'publish': {
      const publish = createPublish({ ...common, bus, clock });
      return (payload) => publish(JSON.parse(payload));
    }
    default:
      throw new Error(
        `function ${fn.name}: found the service ${JSON.stringify(service)}, expected one of ${FUNCTION_NAMES.join(', ')}`,
      );
  }
}
