// Finds the tables a command looks at: those of a local run that goes on, of a kept data folder, or on AWS.
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Command } from 'commander';
import { generationTable } from '../core/rebuild/generation-name.ts';
import { startDynamoDbServer } from '../local-stack/dynamodb-server.ts';
import { createDynamoDbClient } from '../platform/dynamodb-client.ts';
import { OUTPUTS } from '../platform/names.ts';
import { LOCAL_LIMITS } from '../platform/time-limits.ts';
import { RemoteTable } from '../run/remote-table.ts';
import { RUNNING_FILE, type RunningFile } from '../run/running-file.ts';
import { Alerts } from '../stores/alerts.ts';
import { DeadLetters } from '../stores/dead-letters.ts';
import { DeviceTable } from '../stores/device-table.ts';
import { DynamoTable } from '../stores/dynamo-table.ts';
import { Generations } from '../stores/generations.ts';
import { SourceStates } from '../stores/source-states.ts';
import type { Table } from '../stores/table.ts';
import { Windows } from '../stores/windows.ts';
import { UsageError } from './exit.ts';

export interface StoreOptions {
  readonly data?: string;
  readonly outputs?: string;
}

export interface Stores {
  readonly states: SourceStates;
  readonly windows: Windows;
  /** Beside the windows it says since when each rollup is made. */
  readonly windowsTable: Table;
  readonly deadLetters: DeadLetters;
  readonly alerts: Alerts;
  readonly devices: DeviceTable;
  /** How far the stream has been read, and what only readers need. */
  readonly readers: Table;
}

/** Adds the options that say where to look. */
export function withStoreOptions(command: Command): Command {
  return command
    .option('--data <folder>', 'read the data folder of a finished local run')
    .option('--outputs <file>', 'read tables on AWS: the file that `cdk deploy --outputs-file <file>` wrote')
    .addHelpText(
      'after',
      `
It reads what --data or --outputs names; without them, the local run in this folder (tidemill dev).
With --outputs, region, credentials and endpoint come from the usual AWS_* variables.`,
    );
}

/**
 * Opens the tables, does the work, and leaves nothing running. `current`: those of the generation that readers look at, for commands
 * that write nothing.
 */
export async function useStores<T>(
  options: StoreOptions,
  work: (stores: Stores) => Promise<T>,
  { of = 'stack' }: { readonly of?: 'stack' | 'current' } = {},
): Promise<T> {
  if (options.data !== undefined && options.outputs !== undefined) {
    throw new UsageError('--data and --outputs: found both, expected one of them');
  }
  const workOn: WorkOnTables<T> = async (tables, outputs) =>
    await work(storesOf(tables, of === 'current' ? await outputsOfCurrent(tables, outputs) : outputs));
  if (options.outputs !== undefined) {
    const outputs = readOutputs(await readJson(options.outputs), options.outputs);
    return await workOn(dynamoTables(createDynamoDbClient()), outputs);
  }
  if (options.data !== undefined) return await useDataFolder(resolve(options.data), workOn);
  const running = await findRunning();
  if (running === undefined) {
    throw new UsageError(NO_LOCAL_RUN);
  }
  return await workOn(tablesOf(running), running.outputs);
}

type Outputs = Readonly<Record<string, string>>;
type WorkOnTables<T> = (tables: TableByName, outputs: Outputs) => Promise<T>;

/** With the names of the tables of the generation that is current. */
async function outputsOfCurrent(tables: TableByName, outputs: Outputs): Promise<Outputs> {
  const readers = outputs[OUTPUTS.readersTable];
  // A folder of an earlier run may have no such table.
  if (readers === undefined) return outputs;
  const { generation } = await new Generations(tables(readers)).current();
  const own = [OUTPUTS.sourcesTable, OUTPUTS.windowsTable, OUTPUTS.deadLettersTable, OUTPUTS.alertsTable];
  const renamed = own.flatMap((output) => {
    const name = outputs[output];
    return name === undefined ? [] : [[output, generationTable(name, generation)] as const];
  });
  return { ...outputs, ...Object.fromEntries(renamed) };
}

/** The tables where they are DynamoDB's: for commands that make some. */
export interface DynamoPlace {
  readonly client: DynamoDBClient;
  readonly outputs: Readonly<Record<string, string>>;
  /** On this machine. */
  readonly isLocal: boolean;
  /** Folder with the data of a local run that has ended. */
  readonly dataFolder?: string;
  /** The buckets of a local run that goes on. */
  readonly buckets?: LocalPlace;
}

/** As `useStores`; a run without Java has its tables in its memory, where none can be made. */
export async function useDynamo<T>(
  options: StoreOptions,
  work: (place: DynamoPlace) => Promise<T>,
): Promise<T> {
  if (options.data !== undefined && options.outputs !== undefined) {
    throw new UsageError('--data and --outputs: found both, expected one of them');
  }
  if (options.outputs !== undefined) {
    const outputs = readOutputs(await readJson(options.outputs), options.outputs);
    return await work({ client: createDynamoDbClient(), outputs, isLocal: false });
  }
  const running = await findRunning();
  if (options.data !== undefined && running?.dataFolder !== resolve(options.data)) {
    const dataFolder = resolve(options.data);
    return await useDynamoFolder(dataFolder, (client, outputs) =>
      work({ client, outputs, isLocal: true, dataFolder }),
    );
  }
  if (running === undefined) throw new UsageError(NO_LOCAL_RUN);
  const { tables, accessKey, outputs, buckets } = running;
  if (tables.kind === 'memory')
    throw new UsageError(
      'found a local run with its tables in memory, expected one with Java: only DynamoDB Local can create tables',
    );
  return await work({
    client: localClient({ endpoint: tables.endpoint, accessKey }),
    outputs,
    isLocal: true,
    ...(buckets === undefined ? {} : { buckets: { endpoint: buckets, accessKey } }),
  });
}

/** Where the tables and secrets are that a command works on; the folder of a finished run has none. */
export async function findPlace(options: StoreOptions): Promise<{
  readonly outputs: Readonly<Record<string, string>>;
  readonly table: TableByName;
  /** The place of a local run's secrets; undefined: they are on AWS. */
  readonly secrets: LocalPlace | undefined;
  /** Name of the stack on AWS; undefined: it is a local run. */
  readonly stackName: string | undefined;
}> {
  const stack =
    options.outputs === undefined ? undefined : readStack(await readJson(options.outputs), options.outputs);
  const outputs = stack?.outputs;
  // A local run writes such a file too: then it is the run that is meant.
  if (outputs !== undefined && outputs[OUTPUTS.liveUrl]?.startsWith('ws://') !== true) {
    const table = dynamoTables(createDynamoDbClient());
    return { outputs, table, secrets: undefined, stackName: stack?.name };
  }
  const running = await findRunning();
  if (running === undefined) throw new UsageError(NO_LOCAL_RUN);
  return {
    outputs: outputs ?? running.outputs,
    table: tablesOf(running),
    secrets: { endpoint: running.secrets, accessKey: running.accessKey },
    stackName: undefined,
  };
}

const NO_LOCAL_RUN =
  'found no local run in this folder: start one with `tidemill dev`, or say where to look with --data or --outputs';

async function useDataFolder<T>(folder: string, work: WorkOnTables<T>): Promise<T> {
  const running = await findRunning();
  if (running?.dataFolder === folder) return await work(tablesOf(running), await outputsOfFolder(folder));
  return await useDynamoFolder(folder, (client, outputs) => work(dynamoTables(client), outputs));
}

/** Starts DynamoDB Local on the folder of a run that has ended, and stops it. */
async function useDynamoFolder<T>(
  folder: string,
  work: (client: DynamoDBClient, outputs: Readonly<Record<string, string>>) => Promise<T>,
): Promise<T> {
  const outputs = await outputsOfFolder(folder);
  const accessKey = crypto.randomUUID().replaceAll('-', '');
  const started = await startDynamoDbServer({ dataFolder: join(folder, 'dynamodb'), accessKey });
  if (started.kind === 'no-java') throw new Error(started.advice);
  try {
    return await work(localClient({ endpoint: started.server.endpoint, accessKey }), outputs);
  } finally {
    await started.server.stop();
  }
}

async function outputsOfFolder(folder: string): Promise<Readonly<Record<string, string>>> {
  const outputsFile = join(folder, 'outputs.json');
  if (!existsSync(outputsFile)) {
    throw new UsageError(
      `--data ${folder}: found no outputs.json in it, expected the data folder of a local run`,
    );
  }
  return readOutputs(await readJson(outputsFile), outputsFile);
}

async function findRunning(): Promise<RunningFile | undefined> {
  if (!existsSync(RUNNING_FILE)) return undefined;
  const running = await readRunning();
  try {
    process.kill(running.pid, 0);
    return running;
  } catch {
    return undefined; // It ended without taking its file away.
  }
}

async function readRunning(): Promise<RunningFile> {
  try {
    return JSON.parse(await readFile(RUNNING_FILE, 'utf8'));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`${RUNNING_FILE}: ${reason}. \`tidemill dev\` writes it again when you start it`, {
      cause,
    });
  }
}

async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch (cause) {
    throw new UsageError(`${file}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

function readOutputs(parsed: unknown, file: string): Outputs {
  return readStack(parsed, file).outputs;
}

/** Reads `{ stack: { output: value } }`, as the CDK writes it. */
function readStack(parsed: unknown, file: string): { readonly name: string; readonly outputs: Outputs } {
  const stacks = typeof parsed === 'object' && parsed !== null ? Object.entries(parsed) : [];
  const found = stacks.find(
    ([, stack]) => typeof stack === 'object' && stack !== null && OUTPUTS.sourcesTable in stack,
  );
  if (found === undefined) {
    throw new UsageError(`${file}: found no stack with the output ${OUTPUTS.sourcesTable}, expected one`);
  }
  const [name, outputs] = found;
  return { name, outputs };
}

/** Where a local server is, and the access key it wants to see. */
export interface LocalPlace {
  readonly endpoint: string;
  readonly accessKey: string;
}

/** Settings of an SDK client of a local server. */
export function localSettings({ endpoint, accessKey }: LocalPlace) {
  const credentials = { accessKeyId: accessKey, secretAccessKey: 'local' };
  return { region: 'us-east-1', credentials, endpoint };
}

function localClient(place: LocalPlace): DynamoDBClient {
  return createDynamoDbClient(localSettings(place), LOCAL_LIMITS);
}

type TableByName = (name: string) => Table;

function dynamoTables(client: DynamoDBClient): TableByName {
  return (name) => new DynamoTable(client, name);
}

/** Those of a run without Java are in its memory. */
function tablesOf({ tables: { kind, endpoint }, accessKey }: RunningFile): TableByName {
  const place = { endpoint, accessKey };
  return kind === 'dynamodb'
    ? dynamoTables(localClient(place))
    : (name) => new RemoteTable(endpoint, name, accessKey);
}

function storesOf(tableByName: TableByName, outputs: Readonly<Record<string, string>>): Stores {
  const table = (output: string) => {
    const name = outputs[output];
    if (name === undefined)
      throw new UsageError(`found no output ${output} of the stack, expected the name of a table`);
    return tableByName(name);
  };
  return {
    states: new SourceStates(table(OUTPUTS.sourcesTable)),
    windows: new Windows(table(OUTPUTS.windowsTable)),
    windowsTable: table(OUTPUTS.windowsTable),
    deadLetters: new DeadLetters(table(OUTPUTS.deadLettersTable)),
    // Asked for only then: a folder of an earlier run may have no such table.
    get alerts() {
      return new Alerts(table(OUTPUTS.alertsTable));
    },
    get readers() {
      return table(OUTPUTS.readersTable);
    },
    get devices() {
      return new DeviceTable(table(OUTPUTS.readersTable));
    },
  };
}
