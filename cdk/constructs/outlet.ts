// The outlet: what the system computes, for any number of readers beside ours. Messages are noted in a table by whoever
// makes them, and a function sends them on to a Kinesis stream, which each reader reads by itself, or to the account's event bus.
import { CfnOutput, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { AttributeType, BillingMode, StreamViewType, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import { Stream, StreamEncryption, StreamMode } from 'aws-cdk-lib/aws-kinesis';
import { Key } from 'aws-cdk-lib/aws-kms';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { OUTLET_TABLE, OUTPUTS, TTL_ATTRIBUTE, VARIABLE } from '../../src/platform/names.ts';
import { OUTLET_SETTING } from '../../src/platform/outlet-choice.ts';
import type { Batching } from '../settings/batching.ts';
import type { OutletSettings, Settings } from '../settings/settings.ts';
import { ConsumerFunction, FAILING } from './consumer-function.ts';
import { StreamMapping } from './stream-mapping.ts';
import { removalOf } from './table-settings.ts';

export interface OutletOptions extends OutletSettings, Pick<Settings, 'kmsKey' | 'throwAway'> {
  readonly codeFolder: string;
  readonly failures: Bucket;
  readonly batching: Batching;
}

export class Outlet extends Construct {
  readonly consumer: ConsumerFunction;
  readonly mapping: StreamMapping;
  /** Where the messages are read; undefined: on the event bus. */
  readonly stream: Stream | undefined;
  readonly #table: Table;
  readonly #tells: readonly string[];

  constructor(scope: Construct, id: string, options: OutletOptions) {
    super(scope, id);
    this.#tells = options.tells;
    this.#table = this.#addTable(options);
    this.stream = options.to === 'kinesis' ? this.#addStream(options) : undefined;
    this.consumer = new ConsumerFunction(this, 'Consumer', {
      name: 'outlet',
      codeFolder: options.codeFolder,
      memoryMb: 512,
      timeout: Duration.minutes(1),
      alarms: [FAILING],
      environment: {
        [VARIABLE.setting('outletTo')]: options.to,
        ...(this.stream === undefined
          ? { [VARIABLE.bus('outlet')]: DEFAULT_BUS }
          : { [VARIABLE.stream('outlet')]: this.stream.streamName }),
      },
    });
    if (this.stream === undefined) this.consumer.allow(['events:PutEvents'], busArn(this));
    else this.consumer.allow(['kinesis:PutRecords'], this.stream.streamArn);
    this.mapping = new StreamMapping(this, 'Reader', {
      consumer: this.consumer,
      stream: { kind: 'dynamodb', arn: this.#table.tableStreamArn ?? '' },
      failures: options.failures,
      batching: options.batching,
      // Told again before it expired, a message is the same.
      pattern: { eventName: ['INSERT'] },
    });
  }

  /** Lets a function note messages. */
  toldBy(consumer: ConsumerFunction): void {
    consumer.fn.addEnvironment(VARIABLE.table('outlet'), this.#table.tableName);
    consumer.fn.addEnvironment(VARIABLE.setting(OUTLET_SETTING), this.#tells.join(','));
    consumer.allow(['dynamodb:BatchWriteItem'], this.#table.tableArn);
  }

  #addTable({ kmsKey }: OutletOptions): Table {
    return new Table(this, 'Table', {
      billingMode: BillingMode.PAY_PER_REQUEST,
      timeToLiveAttribute: TTL_ATTRIBUTE,
      deletionProtection: false,
      // What is on its way comes again from the tables behind it.
      removalPolicy: RemovalPolicy.DESTROY,
      partitionKey: { name: OUTLET_TABLE.partitionKey, type: AttributeType.STRING },
      stream: StreamViewType.NEW_IMAGE,
      ...(kmsKey === undefined
        ? {}
        : {
            encryption: TableEncryption.CUSTOMER_MANAGED,
            encryptionKey: Key.fromKeyArn(this, 'TableKey', kmsKey),
          }),
    });
  }

  #addStream({ shards, kmsKey, throwAway = false }: OutletOptions): Stream {
    const stream = new Stream(this, 'Stream', {
      ...(shards === undefined
        ? { streamMode: StreamMode.ON_DEMAND }
        : { streamMode: StreamMode.PROVISIONED, shardCount: shards }),
      ...(kmsKey === undefined
        ? { encryption: StreamEncryption.MANAGED }
        : { encryption: StreamEncryption.KMS, encryptionKey: Key.fromKeyArn(this, 'StreamKey', kmsKey) }),
      retentionPeriod: throwAway ? Duration.days(1) : Duration.days(7),
      removalPolicy: removalOf(throwAway),
    });
    new CfnOutput(Stack.of(this), OUTPUTS.outletStream, { value: stream.streamName });
    return stream;
  }
}

/** Every account has it, and rules on it need nothing of this stack. */
const DEFAULT_BUS = 'default';

function busArn(scope: Construct): string {
  return Stack.of(scope).formatArn({ service: 'events', resource: 'event-bus', resourceName: DEFAULT_BUS });
}
