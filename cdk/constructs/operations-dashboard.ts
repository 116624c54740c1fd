// One page for operators, from left to right as an event goes: what comes in, what becomes of it, how far behind each reader is, what
// is written, what is told, what fails. docs/metrics.md says of each metric what it is.
import { Duration, Stack } from 'aws-cdk-lib';
import { Dashboard, GraphWidget, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { Stream } from 'aws-cdk-lib/aws-kinesis';
import { Construct } from 'constructs';
import type { FunctionName } from '../../src/platform/names.ts';
import type { ConsumerFunction } from './consumer-function.ts';
import type { StreamMapping } from './stream-mapping.ts';

export interface OperationsDashboardOptions {
  /** Default: CloudFormation's, which begins with the stack's. */
  readonly name?: string;
  readonly stream: Stream;
  /** Dimensions of the API's metrics, and of the live API's. */
  readonly api: Readonly<Record<string, string>>;
  readonly liveApi: Readonly<Record<string, string>>;
  readonly readers: readonly { readonly consumer: ConsumerFunction; readonly mapping: StreamMapping }[];
  readonly others: readonly ConsumerFunction[];
}

export class OperationsDashboard extends Construct {
  constructor(scope: Construct, id: string, options: OperationsDashboardOptions) {
    super(scope, id);
    const { name } = options;
    new Dashboard(this, 'Dashboard', {
      ...(name === undefined ? {} : { dashboardName: name }),
      defaultInterval: Duration.hours(3),
      widgets: [
        this.#in(options),
        this.#folded(),
        this.#behind(options),
        this.#downstream(),
        this.#told(options),
        this.#functions(options),
      ],
    });
  }

  #in({ stream, api }: OperationsDashboardOptions): GraphWidget[] {
    const ofStream = (metric: string) => graphed('AWS/Kinesis', metric, { StreamName: stream.streamName });
    return [
      graph('In: records and bytes', [ofStream('IncomingRecords'), ofStream('IncomingBytes')]),
      graph(
        'In: the door',
        ['Count', '4XXError', '5XXError'].map((metric) => graphed('AWS/ApiGateway', metric, api)),
      ),
      graph('Refused', [
        ofStream('WriteProvisionedThroughputExceeded'),
        this.#own('authorize', 'allowed'),
        this.#own('authorize', 'refused'),
      ]),
    ];
  }

  #folded(): GraphWidget[] {
    return [
      graph(
        'Events by verdict',
        ['received', 'applied', 'duplicate', 'late', 'quarantined', 'redelivered', 'unsettled', 'held'].map(
          (metric) => this.#own('aggregate', metric),
        ),
      ),
      graph('Hot sources and stray keys', [
        this.#own('aggregate', 'mostOfOneSource', 'Maximum'),
        this.#own('aggregate', 'sources', 'Maximum'),
        this.#own('aggregate', 'strays'),
        this.#own('aggregate', 'setAside'),
      ]),
      graph(
        'States written',
        ['stateWrites', 'stateReads', 'pageReads', 'stateRefusals'].map((metric) =>
          this.#own('aggregate', metric),
        ),
      ),
    ];
  }

  #behind({ readers }: OperationsDashboardOptions): GraphWidget[] {
    const consumers = [...new Set(readers.map(({ consumer }) => consumer))];
    const ofMappings = (metric: string) =>
      readers.map(({ consumer, mapping }) =>
        graphed(
          'AWS/Lambda',
          metric,
          { EventSourceMappingUUID: mapping.mapping.eventSourceMappingId },
          { label: `${consumer.name} ${mapping.node.id} ${metric}` },
        ),
      );
    return [
      graph('Behind (ms)', [
        ...consumers.map(({ name, fn }) =>
          graphed(
            'AWS/Lambda',
            'IteratorAge',
            { FunctionName: fn.functionName },
            { statistic: 'Maximum', label: `${name} IteratorAge` },
          ),
        ),
        ...LAGS.filter(([service]) => consumers.some(({ name }) => name === service)).map(
          ([service, dimensions]) => this.#own(service, 'lagMs', 'Maximum', dimensions),
        ),
      ]),
      graph('Records read', [...ofMappings('PolledEventCount'), ...ofMappings('InvokedEventCount')]),
      graph('Records given up', [
        ...ofMappings('OnFailureDestinationDeliveredEventCount'),
        ...ofMappings('DroppedEventCount'),
      ]),
    ];
  }

  #downstream(): GraphWidget[] {
    return [
      graph('Rollups', [
        ...[
          'changes',
          'closedWindows',
          'partWrites',
          'partReads',
          'partRefusals',
          'letters',
          'unreadableChanges',
          'rollupUnreadable',
          'rollupFull',
          'seriesOverflow',
          'seriesNotNoted',
        ].map((metric) => this.#own('rollup', metric)),
        this.#own('rollup', 'series', 'Maximum'),
      ]),
      graph('Closers', [
        ...['closedWindows', 'refused', 'failed', 'unreached'].map((metric) => this.#own('close', metric)),
        ...['checked', 'failed', 'unreached'].map((metric) => this.#own('alert-clock', metric)),
      ]),
      graph('Audit', [
        ...['sourcesLookedAt', 'waiting', 'differences'].map((metric) => this.#own('audit', metric)),
      ]),
      graph('Alerts', [
        ...[
          'judged',
          'transitions',
          'alertWrites',
          'alertRefusals',
          'beyondReach',
          'unreadableChanges',
          'unfitAlerts',
        ].map((metric) => this.#own('alert', metric)),
        this.#own('publish', 'published'),
        this.#own('publish', 'unreadableChanges'),
      ]),
    ];
  }

  #told({ liveApi }: OperationsDashboardOptions): GraphWidget[] {
    return [
      graph('Live', [
        ...['connections', 'posts', 'gone', 'shed'].map((metric) => this.#own('live', metric)),
        this.#own('rollup', 'passedOn'),
      ]),
      graph(
        'Live connections',
        ['ConnectCount', 'MessageCount', 'ClientError', 'IntegrationError', 'ExecutionError'].map((metric) =>
          graphed('AWS/ApiGateway', metric, liveApi),
        ),
      ),
      graph('Queries', [
        ...['requests', 'unchanged', 'refused', 'failures'].map((metric) => this.#own('query', metric)),
        this.#own('query', 'durationMs', 'p99'),
      ]),
    ];
  }

  #functions({ readers, others }: OperationsDashboardOptions): GraphWidget[] {
    const functions = [...new Set(readers.map(({ consumer }) => consumer)), ...others];
    const ofFunctions = (metric: string, statistic = 'Sum') =>
      functions.map(({ name, fn }) =>
        graphed(
          'AWS/Lambda',
          metric,
          { FunctionName: fn.functionName },
          { statistic, label: `${name} ${metric}` },
        ),
      );
    return [
      graph('Invocations', ofFunctions('Invocations')),
      graph('Duration p99 (ms)', ofFunctions('Duration', 'p99')),
      graph('What fails', [
        ...ofFunctions('Errors'),
        ...ofFunctions('Throttles'),
        ...FAILING.map((service) => this.#own(service, 'failures')),
      ]),
    ];
  }

  /** What a function publishes itself. */
  #own(
    service: FunctionName,
    metric: string,
    statistic = 'Sum',
    dimensions: Readonly<Record<string, string>> = {},
  ): Metric {
    const { stackName } = Stack.of(this);
    const label = [service, metric, ...Object.values(dimensions)].join(' ');
    return graphed(stackName, metric, { service, ...dimensions }, { statistic, label });
  }
}

/** Readers by what they read, where that is more than one thing. */
const LAGS: readonly (readonly [FunctionName, Readonly<Record<string, string>>?])[] = [
  ['aggregate'],
  ['rollup'],
  ['alert', { changelog: 'sources' }],
  ['alert', { changelog: 'windows' }],
  ['publish'],
  ['live', { changelog: 'windows' }],
  ['live', { changelog: 'live' }],
  ['live', { changelog: 'alerts' }],
  ['record'],
  ['outlet'],
];

const FAILING: readonly FunctionName[] = ['aggregate', 'rollup', 'alert', 'publish', 'live', 'authorize'];

const graph = (title: string, left: Metric[]) => new GraphWidget({ title, left, width: 8 });

const graphed = (
  namespace: string,
  metricName: string,
  dimensions: Readonly<Record<string, string>>,
  { statistic = 'Sum', label = metricName }: { readonly statistic?: string; readonly label?: string } = {},
) =>
  new Metric({
    namespace,
    metricName,
    dimensionsMap: { ...dimensions },
    statistic,
    label,
    period: Duration.minutes(1),
  });
