// Every minute: puts a tick into each open shard, and closes the windows of sources that fell silent, by how far the stream has been read.
import { Duration } from 'aws-cdk-lib';
import type { IStream } from 'aws-cdk-lib/aws-kinesis';
import { Construct } from 'constructs';
import { TELEMETRY_STREAMS, VARIABLE } from '../../src/platform/names.ts';
import { ConsumerFunction, type OwnAlarm } from './consumer-function.ts';
import type { ReadersTable } from './readers-table.ts';
import { runEveryMinute } from './run-every-minute.ts';
import { addStoppedAlarm, SCHEDULED_ALARMS } from './scheduled-alarms.ts';
import type { SourcesTable } from './sources-table.ts';

export interface CloseOptions {
  readonly codeFolder: string;
  readonly sources: SourcesTable;
  readonly readers: ReadersTable;
  /** All that events of the sources come through. */
  readonly streams: readonly IStream[];
}

export class Close extends Construct {
  readonly consumer: ConsumerFunction;

  constructor(scope: Construct, id: string, { codeFolder, sources, readers, streams }: CloseOptions) {
    super(scope, id);
    this.consumer = new ConsumerFunction(this, 'Consumer', {
      name: 'close',
      codeFolder,
      memoryMb: 512,
      // Ends before the next one begins.
      timeout: Duration.seconds(50),
      alarms: [...SCHEDULED_ALARMS, NOT_JUDGED],
      environment: {
        [VARIABLE.table('sources')]: sources.table.tableName,
        [VARIABLE.table('readers')]: readers.table.tableName,
        [VARIABLE.setting(TELEMETRY_STREAMS)]: streams.map(({ streamArn }) => streamArn).join(','),
      },
    });
    this.consumer.allow(['dynamodb:Query'], sources.closingIndexArn);
    this.consumer.allow(SOURCES_ACTIONS, sources.table.tableArn);
    this.consumer.allow(READERS_ACTIONS, readers.table.tableArn);
    this.consumer.allow(STREAM_ACTIONS, ...streams.map(({ streamArn }) => streamArn));
    runEveryMinute(this, this.consumer, 'Closes the windows of silent sources');
    addStoppedAlarm(this, this.consumer);
  }
}

const NOT_JUDGED: OwnAlarm = {
  entry: 'not-judged',
  metric: 'silenceNotJudged',
  description:
    'some shard has not been read for ten minutes: windows of silent sources stay open, and alerts on silence wait',
};

const SOURCES_ACTIONS = ['dynamodb:BatchGetItem', 'dynamodb:PartiQLUpdate'];
/** How far each shard has been read, and all of them. */
const READERS_ACTIONS = ['dynamodb:Query', 'dynamodb:BatchGetItem', 'dynamodb:BatchWriteItem'];
/** Which shards are open, and a tick into each. */
const STREAM_ACTIONS = ['kinesis:ListShards', 'kinesis:PutRecords'];
