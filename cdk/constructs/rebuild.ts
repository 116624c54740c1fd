// Rebuilds the archive into fresh generations of the tables: a state machine, a function for its steps, a task for the long ones. Without the
// option nothing of it is created; with it, and while nothing is rebuilt, it costs nothing but the look that the current generation is given.
import { Duration, Stack } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { GENERATION_TABLES } from '../../src/core/rebuild/generation-name.ts';
import { ALERTS_TABLE, SOURCES_TABLE, VARIABLE, WINDOWS_TABLE } from '../../src/platform/names.ts';
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
    this.#allowSteps();
    this.#allowJudging(task);
    this.machine = new RebuildMachine(this, 'Machine', { fn: this.consumer.fn, task });
    runEveryMinute(this, this.consumer, 'Has the generation that is current go on with the archive', {
      input: { step: 'follow' },
    });
  }

  /** Has a reader look at the generation that is current. */
  readBy(reader: ConsumerFunction, rights: GenerationRights): void {
    reader.fn.addEnvironment(VARIABLE.setting('generations'), 'current');
    reader.allow(['dynamodb:BatchGetItem'], this.#options.tables.readers.table.tableArn);
    this.#allowGenerations(reader, rights);
  }

  /** All but the long ones: it makes tables, folds, follows the archive and the stream, and switches. */
  #allowSteps(): void {
    const { telemetry } = this.#options;
    const arns = Object.values(this.#options.tables).map(({ table }) => table.tableArn);
    this.#allowFolding(this.consumer);
    // Alerts on silence are judged when an hour is closed.
    this.#allowGenerations(this.consumer, {
      alerts: { index: ALERTS_TABLE.checkingIndex },
      readers: { actions: ['dynamodb:Query'] },
    });
    this.consumer.allow(['dynamodb:DescribeTable'], ...arns);
    this.consumer.allow(MAKE, ...arns.map((arn) => `${arn}-*`));
    this.consumer.allow([...NOTED, 'dynamodb:PartiQLUpdate'], this.#options.tables.readers.table.tableArn);
    // Before a switch what came since the archive ends is read from the stream.
    this.consumer.allow(
      ['kinesis:GetRecords', 'kinesis:GetShardIterator', 'kinesis:ListShards'],
      telemetry.stream.streamArn,
    );
  }

  /** What takes long: it folds large chunks, and compares what has come of all with what is current, which it does not write. */
  #allowJudging(task: RebuildTask): void {
    const { sources, windows, readers } = this.#options.tables;
    this.#allowFolding(task);
    this.#allowGenerations(task, {
      windows: { actions: ['dynamodb:Scan'] },
      deadLetters: { actions: ['dynamodb:Scan'] },
    });
    task.allow(NOTED, readers.table.tableArn);
    task.allow(['dynamodb:BatchGetItem', 'dynamodb:Scan'], sources.table.tableArn);
    task.allow(['dynamodb:BatchGetItem'], windows.table.tableArn);
    task.allow(['dynamodb:Query'], `${windows.table.tableArn}/index/${WINDOWS_TABLE.latestIndex}`);
  }

  #allowFolding(to: Allowed): void {
    const { archive } = this.#options;
    this.#allowGenerations(to, FOLD);
    // Without the right to list, S3 answers 403 for what is not there.
    to.allow(['s3:ListBucket'], archive.bucket.bucketArn);
    to.allow(['s3:GetObject'], archive.bucket.arnForObjects('records/*'));
  }

  /** The wildcards: tables of generations are made as they are asked for, under names that begin with that of the stack's own. */
  #allowGenerations(to: Allowed, rights: GenerationRights): void {
    for (const name of GENERATION_TABLES) {
      const { actions = [], index } = rights[name] ?? {};
      const tables = `${this.#options.tables[name].table.tableArn}-*`;
      if (actions.length > 0) to.allow(actions, tables);
      if (index !== undefined) to.allow(['dynamodb:Query'], `${tables}/index/${index}`);
    }
  }
}

interface Allowed {
  allow(actions: readonly string[], ...resources: readonly string[]): unknown;
}

/** What is asked of a generation's tables; the index is one that is looked into where the table itself is not queried. */
export type GenerationRights = Readonly<
  Partial<
    Record<
      (typeof GENERATION_TABLES)[number],
      { readonly actions?: readonly string[]; readonly index?: string }
    >
  >
>;

const STANDING = { actions: ['dynamodb:BatchGetItem'], index: ALERTS_TABLE.standingIndex };
/** As of the stack's own tables. */
export const READ_BY_QUERY: GenerationRights = {
  sources: { actions: ['dynamodb:BatchGetItem', 'dynamodb:Scan'] },
  windows: { actions: ['dynamodb:Query'] },
  deadLetters: { actions: ['dynamodb:Scan'] },
  alerts: STANDING,
  // The series of rollups are listed; the books as last added up are read and kept.
  readers: {
    actions: ['dynamodb:BatchGetItem', 'dynamodb:PartiQLInsert', 'dynamodb:PartiQLUpdate', 'dynamodb:Query'],
  },
};
export const READ_BY_SUBSCRIBE: GenerationRights = {
  sources: { actions: ['dynamodb:BatchGetItem'] },
  windows: { actions: ['dynamodb:Query'] },
  alerts: STANDING,
  readers: { actions: ['dynamodb:Query'] },
};

/** What aggregate, close, rollup and alert ask of the stack's own; a change and its mark are one transaction. */
const FOLD: GenerationRights = {
  sources: {
    actions: [
      'dynamodb:BatchGetItem',
      'dynamodb:DeleteItem',
      'dynamodb:PartiQLUpdate',
      'dynamodb:PutItem',
      'dynamodb:Scan',
      'dynamodb:UpdateItem',
    ],
    index: SOURCES_TABLE.closingIndex,
  },
  windows: {
    actions: [
      'dynamodb:BatchGetItem',
      'dynamodb:PartiQLInsert',
      'dynamodb:PartiQLUpdate',
      'dynamodb:PutItem',
      'dynamodb:Query',
      'dynamodb:UpdateItem',
    ],
  },
  deadLetters: { actions: ['dynamodb:BatchGetItem', 'dynamodb:BatchWriteItem'] },
  alerts: { actions: ['dynamodb:BatchGetItem', 'dynamodb:PartiQLInsert', 'dynamodb:PartiQLUpdate'] },
  readers: { actions: ['dynamodb:BatchGetItem', 'dynamodb:PartiQLInsert', 'dynamodb:PartiQLUpdate'] },
};

const MAKE = ['dynamodb:CreateTable', 'dynamodb:DescribeTable', 'dynamodb:UpdateTimeToLive'];
/** Which generations there are, and how far each is; which is current is an update. */
const NOTED = [
  'dynamodb:BatchGetItem',
  'dynamodb:BatchWriteItem',
  'dynamodb:PartiQLInsert',
  'dynamodb:Query',
];
