// Rebuilds the archive into fresh generations of the tables: a state machine, a function for its steps, a task for the long ones. Without the
// option nothing of it is created; with it, and while nothing is rebuilt, it costs nothing but the look that the current generation is given.
import { Duration, Stack } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { GENERATION_TABLES } from '../../src/core/rebuild/generation-name.ts';
import { VARIABLE } from '../../src/platform/names.ts';
import type { AlertsTable } from './alerts-table.ts';
import type { Archive } from './archive.ts';
import { ConsumerFunction } from './consumer-function.ts';
import type { DeadLettersTable } from './dead-letters-table.ts';
import type { ReadersTable } from './readers-table.ts';
import { RebuildMachine } from './rebuild-machine.ts';
import { RebuildTask } from './rebuild-task.ts';
import { runEveryMinute } from './run-every-minute.ts';
import type { SourcesTable } from './sources-table.ts';
import type { TelemetryStream } from './telemetry-stream.ts';
import type { WindowsTable } from './windows-table.ts';

export interface RebuildOptions {
  readonly codeFolder: string;
  readonly archive: Archive;
  readonly telemetry: TelemetryStream;
  readonly tables: {
    readonly sources: SourcesTable;
    readonly windows: WindowsTable;
    readonly deadLetters: DeadLettersTable;
    readonly alerts: AlertsTable;
    readonly readers: ReadersTable;
  };
}

export class Rebuild extends Construct {
  readonly consumer: ConsumerFunction;
  readonly machine: RebuildMachine;
  readonly #options: RebuildOptions;

  constructor(scope: Construct, id: string, options: RebuildOptions) {
    super(scope, id);
    this.#options = options;
    const { codeFolder, archive, telemetry, tables } = options;
    const environment = {
      ...Object.fromEntries(
        GENERATION_TABLES.map((name) => [VARIABLE.table(name), tables[name].table.tableName]),
      ),
      [VARIABLE.bucket('archive')]: archive.bucket.bucketName,
      [VARIABLE.setting('rebuildStream')]: telemetry.stream.streamName,
      [VARIABLE.setting('rebuildStreamArn')]: telemetry.stream.streamArn,
    };
    this.consumer = new ConsumerFunction(this, 'Consumer', {
      name: 'rebuild',
      codeFolder,
      memoryMb: 1769,
      timeout: Duration.minutes(15),
      environment,
    });
    const task = new RebuildTask(this, 'Task', {
      codeFolder,
      environment: {
        ...environment,
        AWS_REGION: Stack.of(this).region,
        POWERTOOLS_SERVICE_NAME: 'rebuild',
        POWERTOOLS_METRICS_NAMESPACE: Stack.of(this).stackName,
      },
    });
    for (const each of [this.consumer, task]) this.#allow(each);
    // Before a switch what came since the archive ends is read from the stream.
    this.consumer.allow(
      ['kinesis:GetRecords', 'kinesis:GetShardIterator', 'kinesis:ListShards'],
      telemetry.stream.streamArn,
    );
    this.machine = new RebuildMachine(this, 'Machine', { fn: this.consumer.fn, task });
    runEveryMinute(this, this.consumer, 'Has the generation that is current go on with the archive', {
      input: { step: 'follow' },
    });
  }

  /** Has a reader look at the generation that is current. */
  readBy(reader: ConsumerFunction): void {
    reader.fn.addEnvironment(VARIABLE.setting('generations'), 'current');
    const arns = this.#arns();
    reader.allow(['dynamodb:BatchGetItem'], this.#options.tables.readers.table.tableArn);
    reader.allow(READ, ...arns.map((arn) => `${arn}-*`), ...arns.map((arn) => `${arn}-*/index/*`));
    // The books as last added up are kept where they are read.
    reader.allow(
      ['dynamodb:PartiQLInsert', 'dynamodb:PartiQLUpdate'],
      `${this.#options.tables.readers.table.tableArn}-*`,
    );
  }

  #allow(to: { allow(actions: readonly string[], ...resources: readonly string[]): unknown }): void {
    const { archive, tables } = this.#options;
    const arns = this.#arns();
    // The wildcards: tables of generations are made as they are asked for, under names that begin with that of the stack's own.
    const own = arns.map((arn) => `${arn}-*`);
    to.allow(MAKE, ...own);
    to.allow([...READ, ...WRITE], ...own);
    to.allow(['dynamodb:Query'], ...arns.map((arn) => `${arn}-*/index/*`));
    to.allow(['dynamodb:DescribeTable'], ...arns);
    // What goes on is compared with, and not written.
    to.allow(['dynamodb:BatchGetItem', 'dynamodb:Scan'], tables.sources.table.tableArn);
    to.allow(['dynamodb:BatchGetItem'], tables.windows.table.tableArn);
    to.allow(['dynamodb:Query'], `${tables.windows.table.tableArn}/index/*`);
    to.allow([...NOTED], tables.readers.table.tableArn);
    // Without the right to list, S3 answers 403 for what is not there.
    to.allow(['s3:ListBucket'], archive.bucket.bucketArn);
    to.allow(['s3:GetObject'], archive.bucket.arnForObjects('records/*'));
  }

  #arns(): readonly string[] {
    return GENERATION_TABLES.map((name) => this.#options.tables[name].table.tableArn);
  }
}

const MAKE = ['dynamodb:CreateTable', 'dynamodb:DescribeTable', 'dynamodb:UpdateTimeToLive'];
const READ = ['dynamodb:BatchGetItem', 'dynamodb:Query', 'dynamodb:Scan'];
/** A change and its mark are one transaction. */
const WRITE = [
  'dynamodb:BatchWriteItem',
  'dynamodb:DeleteItem',
  'dynamodb:PartiQLInsert',
  'dynamodb:PartiQLUpdate',
  'dynamodb:PutItem',
  'dynamodb:UpdateItem',
];
/** Which generations there are, how far each is, and which is current. */
const NOTED = [
  'dynamodb:BatchGetItem',
  'dynamodb:BatchWriteItem',
  'dynamodb:PartiQLInsert',
  'dynamodb:PartiQLUpdate',
  'dynamodb:Query',
];
