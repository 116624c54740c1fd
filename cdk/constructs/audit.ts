// Every ten minutes: compares what is stored with what sources have counted, and goes on where it stopped.
import { Duration } from 'aws-cdk-lib';
import type { IStream } from 'aws-cdk-lib/aws-kinesis';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { ARCHIVED_STREAMS, DEAD_LETTERS_TABLE, VARIABLE, WINDOWS_TABLE } from '../../src/platform/names.ts';
import { ConsumerFunction } from './consumer-function.ts';
import type { DeadLettersTable } from './dead-letters-table.ts';
import { addMetricAlarm } from './metric-alarm.ts';
import type { ReadersTable } from './readers-table.ts';
import { runEvery } from './run-every-minute.ts';
import type { SourcesTable } from './sources-table.ts';
import type { WindowsTable } from './windows-table.ts';

export interface AuditOptions {
  readonly codeFolder: string;
  readonly sources: SourcesTable;
  readonly windows: WindowsTable;
  readonly deadLetters: DeadLettersTable;
  readonly readers: ReadersTable;
}

export interface ComparedArchive {
  readonly bucket: Bucket;
  /** Those it keeps. */
  readonly streams: readonly IStream[];
  /** Has how far they were read, and what of them was given up. */
  readonly readers: ReadersTable;
}

const MINUTES = 10;

export class Audit extends Construct {
  readonly consumer: ConsumerFunction;

  constructor(scope: Construct, id: string, options: AuditOptions) {
    super(scope, id);
    const { codeFolder, sources, windows, deadLetters, readers } = options;
    this.consumer = new ConsumerFunction(this, 'Consumer', {
      name: 'audit',
      codeFolder,
      memoryMb: 1024,
      // Ends before the next one begins.
      timeout: Duration.minutes(8),
      environment: {
        [VARIABLE.table('sources')]: sources.table.tableName,
        [VARIABLE.table('windows')]: windows.table.tableName,
        [VARIABLE.table('deadLetters')]: deadLetters.table.tableName,
        [VARIABLE.table('readers')]: readers.table.tableName,
      },
    });
    this.consumer.allow(SOURCES_ACTIONS, sources.table.tableArn);
    this.consumer.allow(['dynamodb:BatchGetItem', 'dynamodb:Query'], windows.table.tableArn);
    this.consumer.allow(['dynamodb:Query'], `${windows.table.tableArn}/index/${WINDOWS_TABLE.latestIndex}`);
    this.consumer.allow(
      ['dynamodb:Query'],
      `${deadLetters.table.tableArn}/index/${DEAD_LETTERS_TABLE.letterIndex}`,
    );
    this.consumer.allow(PROGRESS_ACTIONS, readers.table.tableArn);
    runEvery(this, this.consumer, 'Compares what is stored with what sources have counted', MINUTES);
    this.#watch();
  }

  /** What an archive says that streams carried is compared with what was handled. */
  compareWith({ bucket, streams, readers }: ComparedArchive): void {
    const arns = streams.map(({ streamArn }) => streamArn);
    this.consumer.fn.addEnvironment(VARIABLE.setting(ARCHIVED_STREAMS), arns.join(','));
    this.consumer.fn.addEnvironment(VARIABLE.bucket('archive'), bucket.bucketName);
    // Without the right to list, S3 answers 403 for what is not there.
    this.consumer.allow(['s3:ListBucket'], bucket.bucketArn);
    this.consumer.allow(['s3:GetObject'], bucket.arnForObjects('records/*'));
    this.consumer.allow(['kinesis:ListShards'], ...arns);
    this.consumer.allow(['dynamodb:Query'], readers.table.tableArn);
  }

  #watch(): void {
    addMetricAlarm(this, 'Differences', {
      entry: 'audit-differences',
      description: 'audit: what is stored does not add up',
      watched: this.consumer.published('differences'),
      over: 0,
      points: { beyond: 1, of: 1 },
      periodMinutes: 2 * MINUTES,
    });
    addMetricAlarm(this, 'Stopped', {
      entry: 'audit-stopped',
      description: 'audit has not completed a run for an hour',
      watched: this.consumer.published('runs'),
      under: 1,
      points: { beyond: 3, of: 3 },
      periodMinutes: 2 * MINUTES,
      silence: 'trouble',
    });
  }
}

/** States are read; a fence is put up where something looks missing. */
const SOURCES_ACTIONS = ['dynamodb:BatchGetItem', 'dynamodb:Scan', 'dynamodb:PartiQLUpdate'];
const PROGRESS_ACTIONS = ['dynamodb:BatchGetItem', 'dynamodb:PartiQLInsert', 'dynamodb:PartiQLUpdate'];
