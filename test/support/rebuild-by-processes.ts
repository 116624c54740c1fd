// The stack's own rebuild on this machine: its state machine by the interpreter, each run of its task by a process with the container's command,
// environment and limits, on tables and a bucket as the template names them. The function's steps are done in this process.
import { Template } from 'aws-cdk-lib/assertions';
import { expect, onTestFinished } from 'vitest';
import { bundleFunctions } from '../../cdk/bundle.ts';
import { createApp } from '../../cdk/create-app.ts';
import { TidemillStack } from '../../cdk/stacks/tidemill-stack.ts';
import { wire } from '../../consumers/rebuild/wire.ts';
import { parsePipeline } from '../../src/core/pipeline/parse-pipeline.ts';
import { FIRST_GENERATION, GENERATION_TABLES } from '../../src/core/rebuild/generation-name.ts';
import { memoryHost } from '../../src/host/memory-host.ts';
import { provisionTable } from '../../src/local-stack/provision-table.ts';
import { readAssembly } from '../../src/local-stack/read-assembly.ts';
import { startS3Server } from '../../src/local-stack/s3/s3-server.ts';
import { readTemplate } from '../../src/local-stack/template.ts';
import { createDynamoDbClient } from '../../src/platform/dynamodb-client.ts';
import { handlerPath, VARIABLE } from '../../src/platform/names.ts';
import { createS3Client } from '../../src/platform/s3-client.ts';
import { LOCAL_LIMITS } from '../../src/platform/time-limits.ts';
import type { PlannedWork, RebuildStepRequest } from '../../src/rebuild/do-step.ts';
import type { Objects } from '../../src/stores/archive/objects.ts';
import { S3Objects } from '../../src/stores/archive/s3-objects.ts';
import {
  createGenerationTables,
  type GenerationTables,
  generationTables,
  type TableNames,
} from '../../src/stores/generation-tables.ts';
import { byFunctionName } from './by-function-name.ts';
import { type KillAt, startKillingProxy } from './killing-proxy.ts';
import { runStateMachine, stateMachineIn } from './run-state-machine.ts';
import {
  type EndedContainer,
  startContainer,
  type TaskContainer,
  taskContainerIn,
} from './task-container.ts';
import { temporaryFolder } from './temporary-folder.ts';

const REGION = 'us-east-1';
const CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' };

export interface RebuildByProcesses {
  /** The stack's stream. */
  readonly stream: string;
  /** And its bucket. */
  readonly archive: Objects;
  readonly tables: (generation?: string) => GenerationTables;
  /** One execution, all chunks as large ones. @throws what it failed with, when every process has ended */
  readonly execute: (input: object, kill?: Kill) => Promise<unknown>;
  readonly runTask: (overrides: Readonly<Record<string, string>>, at?: KillAt) => Promise<EndedContainer>;
  /** Each that has run. */
  readonly ended: readonly (EndedContainer & { readonly step: string })[];
}

/** The first process of this step is killed. */
interface Kill extends KillAt {
  readonly step: 'fold' | 'judge';
}

const KILLS: readonly Kill[] = [
  // A source's change is stored, and nobody is told of it.
  { step: 'fold', write: 2, is: 'done' },
  { step: 'fold', write: 1, is: 'sent' },
  // It is judged, and not known to be.
  { step: 'judge', write: 1, is: 'sent' },
];

/** Three executions, each of which ends with a process that is killed. */
export async function expectKilledThrice(
  { execute, ended }: Pick<RebuildByProcesses, 'execute' | 'ended'>,
  input: object,
): Promise<void> {
  for (const kill of KILLS) {
    await expect(execute(input, kill), JSON.stringify(kill)).rejects.toThrow('SIGKILL');
    expect(ended.findLast(({ signal }) => signal === 'SIGKILL')).toMatchObject({ step: kill.step });
  }
}

export async function rebuildByProcesses(
  dynamodbEndpoint: string,
  definition: object,
): Promise<RebuildByProcesses> {
  const { container, machine, system } = await synthesized(definition);
  const client = createDynamoDbClient({
    region: REGION,
    endpoint: dynamodbEndpoint,
    credentials: CREDENTIALS,
  });
  onTestFinished(() => client.destroy());
  for (const table of system.tables) await provisionTable(client, table);
  const s3 = await startS3Server({ buckets: system.buckets.map(({ name }) => name) });
  onTestFinished(() => s3.stop());
  const s3Client = createS3Client(
    { region: REGION, endpoint: s3.endpoint, credentials: CREDENTIALS },
    LOCAL_LIMITS,
  );
  onTestFinished(() => s3Client.destroy());
  const archive = new S3Objects(s3Client, variableOf(container, VARIABLE.bucket('archive')));
  const names = Object.fromEntries(
    GENERATION_TABLES.map((name) => [name, variableOf(container, VARIABLE.table(name))]),
  ) as TableNames; // every name has been through the map
  const tables = (generation = FIRST_GENERATION) => generationTables(client, names, generation);
  const byFunction = wire({
    ...memoryHost({ pipeline: parsePipeline(definition), objects: () => archive }),
    setting: (name) => variableOf(container, VARIABLE.setting(name)),
    definition,
    table: (name, generation) => tables(generation)[name as keyof GenerationTables],
    createGeneration: (generation) => createGenerationTables(client, names, generation),
  });
  const ended: (EndedContainer & { readonly step: string })[] = [];
  const runTask = async (overrides: Readonly<Record<string, string>>, at?: KillAt) => {
    let pid: number | undefined;
    const proxy = await startKillingProxy(dynamodbEndpoint, at, () => {
      if (pid !== undefined) process.kill(pid, 'SIGKILL');
    });
    const started = await startContainer(container, {
      ...overrides,
      AWS_ENDPOINT_URL_DYNAMODB: proxy.endpoint,
      AWS_ENDPOINT_URL_S3: s3.endpoint,
      AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
    });
    pid = started.pid;
    const end = await started.ended;
    await proxy.stop();
    ended.push({ ...end, step: overrides['TIDEMILL_REBUILD_STEP'] ?? '' });
    return end;
  };
  const execute = async (input: object, kill?: Kill) => {
    const going: Promise<EndedContainer>[] = [];
    let left = kill;
    // The service begins nothing behind a state that has failed; the interpreter would.
    let hasFailed = false;
    const output = runStateMachine(machine, input, {
      invoke: async (request) => {
        if (hasFailed) throw new Error('the execution has ended');
        const answer = await byFunction(request as RebuildStepRequest, UNLIMITED);
        return 'work' in answer ? withLargeChunks(answer as PlannedWork) : answer;
      },
      runTask: async (overrides) => {
        if (hasFailed) throw new Error('the execution has ended');
        const at = overrides['TIDEMILL_REBUILD_STEP'] === left?.step ? left : undefined;
        if (at !== undefined) left = undefined;
        const run = runTask(overrides, at);
        going.push(run);
        const { code, signal, stderr } = await run;
        if (code === 0) return {};
        hasFailed = true;
        throw new Error(`States.TaskFailed: ${signal ?? code}: ${stderr}`);
      },
    });
    await Promise.allSettled([output]);
    await Promise.all(going);
    return await output;
  };
  const stream = variableOf(container, VARIABLE.setting('rebuildStream'));
  return { stream, archive, tables, execute, runTask, ended };
}

const UNLIMITED = { getRemainingTimeInMillis: () => Number.POSITIVE_INFINITY };

/** What the plan says of chunks of more than 256 MB: the task folds them. */
function withLargeChunks({ work, ...plan }: PlannedWork): PlannedWork {
  const large = work.map((each) =>
    each.kind === 'close'
      ? each
      : { ...each, chunks: each.chunks.map((chunk) => ({ ...chunk, large: true })) },
  );
  return { ...plan, work: large };
}

function variableOf({ environment }: TaskContainer, name: string): string {
  const value = environment[name];
  if (value !== undefined) return value;
  throw new Error(`container: found no ${name}, expected one`);
}

/** As it is deployed; other functions than `rebuild` have no code of theirs. */
async function synthesized(definition: object) {
  const assembly = await temporaryFolder();
  const other = new URL('./handlers/echo.ts', import.meta.url).pathname;
  const bundles = await bundleFunctions({
    pipeline: definition,
    bundleFolder: await temporaryFolder(),
    sourceMaps: false,
    handlers: byFunctionName((name) => (name === 'rebuild' ? `${handlerPath(name)}.ts` : other)),
  });
  const app = createApp(assembly);
  const { folder } = bundles.query;
  new TidemillStack(app, 'Tidemill', {
    ...{ archive: true, rebuild: true },
    code: byFunctionName((name) => bundles[name].folder),
    dashboard: { pageFolder: folder, assetsFolder: folder },
  });
  app.synth();
  const synthesis = await readAssembly(assembly);
  const { resources } = synthesis.template;
  const machine = [...resources].filter(([, { type }]) => type === 'AWS::StepFunctions::StateMachine');
  return {
    container: await taskContainerIn(assembly, synthesis, REGION),
    machine: stateMachineIn(
      Template.fromJSON({
        Resources: Object.fromEntries(
          machine.map(([id, { type, properties }]) => [id, { Type: type, Properties: properties }]),
        ),
      }),
    ),
    system: readTemplate(synthesis, REGION, (_, { type }) => !NEEDED.has(type)),
  };
}

const NEEDED = new Set(['AWS::DynamoDB::Table', 'AWS::DynamoDB::GlobalTable', 'AWS::S3::Bucket']);
