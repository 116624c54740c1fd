// One page for operators: what comes in, how far behind the readers are, what fails, what is given up.
import { Duration } from 'aws-cdk-lib';
import { Dashboard, GraphWidget, Metric, type MetricProps } from 'aws-cdk-lib/aws-cloudwatch';
import type { Stream } from 'aws-cdk-lib/aws-kinesis';
import { Construct } from 'constructs';
import type { ConsumerFunction } from './consumer-function.ts';
import type { StreamMapping } from './stream-mapping.ts';

export interface OperationsDashboardOptions {
  /** Default: CloudFormation's, which begins with the stack's. */
  readonly name?: string;
  readonly stream: Stream;
  readonly readers: readonly { readonly consumer: ConsumerFunction; readonly mapping: StreamMapping }[];
  readonly others: readonly ConsumerFunction[];
}

export class OperationsDashboard extends Construct {
  constructor(scope: Construct, id: string, options: OperationsDashboardOptions) {
    super(scope, id);
    const { name, stream, readers, others } = options;
    // A consumer that reads two streams is one function.
    const reading = [...new Set(readers.map(({ consumer }) => consumer))];
    const functions = [...reading, ...others];
    const ofStream = (metricName: string, statistic: string) =>
      graphed({
        namespace: 'AWS/Kinesis',
        metricName,
        dimensionsMap: { StreamName: stream.streamName },
        statistic,
        label: metricName,
      });
    const ofFunctions = (metricName: string, statistic: string, of = functions) =>
      of.map(({ name, fn }) =>
        graphed({
          namespace: 'AWS/Lambda',
          metricName,
          dimensionsMap: { FunctionName: fn.functionName },
          statistic,
          label: `${name} ${metricName}`,
        }),
      );
    const ofMappings = (metricName: string) =>
      readers.map(({ consumer, mapping }) =>
        graphed({
          namespace: 'AWS/Lambda',
          metricName,
          dimensionsMap: { EventSourceMappingUUID: mapping.mapping.eventSourceMappingId },
          statistic: 'Sum',
          label: `${consumer.name} ${mapping.node.id} ${metricName}`,
        }),
      );
    const graph = (title: string, left: Metric[]) => new GraphWidget({ title, left, width: 8 });
    new Dashboard(this, 'Dashboard', {
      ...(name === undefined ? {} : { dashboardName: name }),
      defaultInterval: Duration.hours(3),
      widgets: [
        [
          graph('Records in', [ofStream('IncomingRecords', 'Sum')]),
          graph('Bytes in', [ofStream('IncomingBytes', 'Sum')]),
          graph('Writes refused', [ofStream('WriteProvisionedThroughputExceeded', 'Sum')]),
        ],
        [
          graph('Behind (ms)', ofFunctions('IteratorAge', 'Maximum', reading)),
          graph('Records read', [...ofMappings('PolledEventCount'), ...ofMappings('InvokedEventCount')]),
          graph('Records given up', [
            ...ofMappings('OnFailureDestinationDeliveredEventCount'),
            ...ofMappings('DroppedEventCount'),
          ]),
        ],
        [
          graph('Invocations', ofFunctions('Invocations', 'Sum')),
          graph('Duration p99 (ms)', ofFunctions('Duration', 'p99')),
          graph('Errors and throttles', [
            ...ofFunctions('Errors', 'Sum'),
            ...ofFunctions('Throttles', 'Sum'),
          ]),
        ],
      ],
    });
  }
}

type GraphedMetric = Required<
  Pick<MetricProps, 'namespace' | 'metricName' | 'dimensionsMap' | 'statistic' | 'label'>
>;

const graphed = (metric: GraphedMetric) => new Metric({ ...metric, period: Duration.minutes(1) });
