// Folds telemetry into the state of its source: stream → sources table, bad events → dead letters.
import { Duration } from 'aws-cdk-lib';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { VARIABLE } from '../../src/platform/names.ts';
import type { Batching } from '../settings/batching.ts';
import { ConsumerFunction, FAILING, type OwnAlarm } from './consumer-function.ts';
import type { DeadLettersTable } from './dead-letters-table.ts';
import { AT_ONCE, addMetricAlarm } from './metric-alarm.ts';
import type { ReadersTable } from './readers-table.ts';
import type { SourcesTable } from './sources-table.ts';
import { StreamMapping } from './stream-mapping.ts';
import type { TelemetryStream } from './telemetry-stream.ts';

export interface AggregateOptions {
  readonly codeFolder: string;
  readonly telemetry: TelemetryStream;
  readonly sources: SourcesTable;
  readonly deadLetters: DeadLettersTable;
  readonly readers: ReadersTable;
  readonly failures: Bucket;
  readonly batching: Batching;
}

export class Aggregate extends Construct {
  readonly consumer: ConsumerFunction;
  readonly mapping: StreamMapping;

  constructor(scope: Construct, id: string, options: AggregateOptions) {
    super(scope, id);
    const { telemetry, sources, deadLetters, readers, failures } = options;
    this.consumer = new ConsumerFunction(this, 'Consumer', {
      name: 'aggregate',
      codeFolder: options.codeFolder,
      memoryMb: 1024,
      timeout: Duration.minutes(1),
      alarms: [FAILING, HELD],
      environment: {
        [VARIABLE.table('sources')]: sources.table.tableName,
        [VARIABLE.table('deadLetters')]: deadLetters.table.tableName,
        [VARIABLE.table('readers')]: readers.table.tableName,
        // Tags of devices lie there as well: it has no change stream.
        [VARIABLE.table('devices')]: readers.table.tableName,
      },
    });
    this.consumer.allow(SOURCES_ACTIONS, sources.table.tableArn);
    this.consumer.allow(DEAD_LETTERS_ACTIONS, deadLetters.table.tableArn);
    this.consumer.allow(READERS_ACTIONS, readers.table.tableArn);
    this.mapping = new StreamMapping(this, 'Reader', {
      consumer: this.consumer,
      stream: { kind: 'kinesis', arn: telemetry.stream.streamArn, retention: telemetry.retention },
      failures,
      batching: options.batching,
    });
    addMetricAlarm(this, 'ImbalanceAlarm', {
      entry: 'imbalance',
      description: 'Some events received got no verdict, or more than one',
      // Added up over all invocations of five minutes, failed ones and those that came again included.
      watched: {
        expression:
          'ABS(received - applied - duplicate - late - quarantined - redelivered - unsettled - held)',
        of: Object.fromEntries(BOOKS.map((metric) => [metric, this.consumer.published(metric)])),
      },
      over: 0,
      periodMinutes: 5,
      points: { beyond: 2, of: 3 },
    });
  }
}

/** What is received, and what became of it. */
const BOOKS = ['received', 'applied', 'duplicate', 'late', 'quarantined', 'redelivered', 'unsettled', 'held'];

const HELD: OwnAlarm = {
  entry: 'held',
  metric: 'held',
  description: 'events are set aside for sources whose state cannot be read or would be too large',
  points: AT_ONCE,
};

/** Load in batches; commit by batches of conditional statements. */
const SOURCES_ACTIONS = [
  'dynamodb:BatchGetItem',
  'dynamodb:PartiQLInsert',
  'dynamodb:PartiQLUpdate',
  // In transactions, where pages of remembered ids come and go with a state.
  'dynamodb:PutItem',
  'dynamodb:UpdateItem',
  'dynamodb:DeleteItem',
];
/** How far each shard has been read, and tags of devices. Its shards it may list as their reader. */
const READERS_ACTIONS = ['dynamodb:BatchGetItem', 'dynamodb:PartiQLInsert', 'dynamodb:PartiQLUpdate'];
/** What is set aside already is read before it is set aside once more. */
const DEAD_LETTERS_ACTIONS = ['dynamodb:BatchGetItem', 'dynamodb:BatchWriteItem'];
