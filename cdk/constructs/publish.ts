// Publishes what became of alerts: alerts stream → the account's default event bus, where rules pick it up.
import { Duration, Stack } from 'aws-cdk-lib';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { VARIABLE } from '../../src/platform/names.ts';
import type { Batching } from '../settings/batching.ts';
import type { AlertsTable } from './alerts-table.ts';
import { ConsumerFunction, FAILING, missing } from './consumer-function.ts';
import { StreamMapping } from './stream-mapping.ts';
import { tableStreamArn } from './table-stream-arn.ts';

export interface PublishOptions {
  readonly codeFolder: string;
  readonly alerts: AlertsTable;
  readonly failures: Bucket;
  readonly enabled: boolean;
  readonly batching: Batching;
}

export class Publish extends Construct {
  readonly consumer: ConsumerFunction;
  readonly mapping: StreamMapping;

  constructor(scope: Construct, id: string, options: PublishOptions) {
    super(scope, id);
    const { codeFolder, alerts, failures, enabled, batching } = options;
    this.consumer = new ConsumerFunction(this, 'Consumer', {
      name: 'publish',
      codeFolder,
      memoryMb: 512,
      timeout: Duration.minutes(1),
      alarms: [
        FAILING,
        missing('unreadableChanges', 'changes of alerts cannot be read, and were not published'),
      ],
      environment: { [VARIABLE.bus('alerts')]: DEFAULT_BUS },
    });
    const bus = Stack.of(this).formatArn({
      service: 'events',
      resource: 'event-bus',
      resourceName: DEFAULT_BUS,
    });
    this.consumer.allow(['events:PutEvents'], bus);
    this.mapping = new StreamMapping(this, 'Reader', {
      consumer: this.consumer,
      stream: { kind: 'dynamodb', arn: tableStreamArn(alerts.table) },
      failures,
      // A record carries fifty transitions at most: time enough to publish them ten a call.
      batching: { ...batching, size: BATCH_SIZE },
      enabled,
    });
  }
}

/** Every account has it, and rules on it need nothing of this stack. */
const DEFAULT_BUS = 'default';

const BATCH_SIZE = 100;
