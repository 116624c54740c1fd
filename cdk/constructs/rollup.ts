// Folds the changelog into windows: sources stream → windows table, late events → dead letters.
import { Duration } from 'aws-cdk-lib';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { MANY_SERIES, VARIABLE, WINDOWS_TABLE } from '../../src/platform/names.ts';
import type { Batching } from '../settings/batching.ts';
import { ConsumerFunction, FAILING, missing, type OwnAlarm } from './consumer-function.ts';
import type { DeadLettersTable } from './dead-letters-table.ts';
import type { LiveTable } from './live-table.ts';
import { AT_ONCE, addMetricAlarm } from './metric-alarm.ts';
import type { ReadersTable } from './readers-table.ts';
import type { SourcesTable } from './sources-table.ts';
import { StreamMapping } from './stream-mapping.ts';
import { tableStreamArn } from './table-stream-arn.ts';
import type { WindowsTable } from './windows-table.ts';

export interface RollupOptions {
  readonly codeFolder: string;
  readonly sources: SourcesTable;
  readonly windows: WindowsTable;
  readonly deadLetters: DeadLettersTable;
  readonly readers: ReadersTable;
  readonly live: LiveTable;
  readonly failures: Bucket;
  readonly batching: Batching;
}

export class Rollup extends Construct {
  readonly consumer: ConsumerFunction;
  readonly mapping: StreamMapping;

  constructor(scope: Construct, id: string, options: RollupOptions) {
    super(scope, id);
    const { sources, windows, deadLetters, readers, live, failures } = options;
    this.consumer = new ConsumerFunction(this, 'Consumer', {
      name: 'rollup',
      codeFolder: options.codeFolder,
      memoryMb: 1024,
      timeout: Duration.minutes(1),
      alarms: [FAILING, ...MISSING, NOT_NOTED],
      environment: {
        [VARIABLE.table('windows')]: windows.table.tableName,
        [VARIABLE.table('deadLetters')]: deadLetters.table.tableName,
        [VARIABLE.table('readers')]: readers.table.tableName,
        [VARIABLE.table('live')]: live.table.tableName,
      },
    });
    this.consumer.allow(WINDOWS_ACTIONS, windows.table.tableArn);
    // Where a source was put back, a part is made anew of what is stored: sources with long names are found by the index.
    this.consumer.allow(['dynamodb:Query'], `${windows.table.tableArn}/index/${WINDOWS_TABLE.latestIndex}`);
    this.consumer.allow(DEAD_LETTERS_ACTIONS, deadLetters.table.tableArn);
    this.consumer.allow(READERS_ACTIONS, readers.table.tableArn);
    this.consumer.allow(LIVE_ACTIONS, live.table.tableArn);
    this.mapping = new StreamMapping(this, 'Reader', {
      consumer: this.consumer,
      stream: { kind: 'dynamodb', arn: tableStreamArn(sources.table) },
      failures,
      batching: options.batching,
    });
    addMetricAlarm(this, 'ManySeries', {
      entry: 'many-series',
      description: 'A rollup has more series than readers can look through, and soon more than are noted',
      watched: { ...this.consumer.published('series'), statistic: 'Maximum' },
      over: MANY_SERIES,
      points: AT_ONCE,
    });
  }
}

const NOT_NOTED: OwnAlarm = {
  entry: 'many-series',
  metric: 'seriesNotNoted',
  description: 'series of rollups are in no list, since the rollup has too many',
  points: AT_ONCE,
};

const MISSING: readonly OwnAlarm[] = [
  missing('unreadableChanges', 'changes of sources cannot be read, and are missing in rollups'),
  missing('rollupUnreadable', 'parts of rollup windows cannot be read, and lack what came since'),
  missing('rollupFull', 'rollup windows have no room for further value names'),
];

const WINDOWS_ACTIONS = ['dynamodb:BatchGetItem', 'dynamodb:PartiQLInsert', 'dynamodb:PartiQLUpdate'];
/** Letters of events that were put back keep the numbers of those that stand there. */
const DEAD_LETTERS_ACTIONS = ['dynamodb:BatchGetItem', 'dynamodb:BatchWriteItem'];
/** Series are noted, and counted. */
const READERS_ACTIONS = ['dynamodb:BatchGetItem', 'dynamodb:PartiQLInsert', 'dynamodb:PartiQLUpdate'];
const LIVE_ACTIONS = ['dynamodb:Query', 'dynamodb:BatchWriteItem'];
