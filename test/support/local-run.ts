// What a command finds of a local run: tables on DynamoDB Local, an archive on the local S3, and the file that says where they are.
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { GENERATION_TABLES } from '../../src/core/rebuild/generation-name.ts';
import { startS3Server } from '../../src/local-stack/s3/s3-server.ts';
import { OUTPUTS } from '../../src/platform/names.ts';
import { createS3Client } from '../../src/platform/s3-client.ts';
import { LOCAL_LIMITS } from '../../src/platform/time-limits.ts';
import { RUNNING_FILE, type RunningFile } from '../../src/run/running-file.ts';
import type { Objects } from '../../src/stores/archive/objects.ts';
import { S3Objects } from '../../src/stores/archive/s3-objects.ts';
import type { GenerationTables } from '../../src/stores/generation-tables.ts';
import type { Table } from '../../src/stores/table.ts';
import { TABLE_SCHEMAS } from '../../src/stores/table-schemas.ts';
import type { DynamoDbLocal } from './dynamodb-local.ts';
import { temporaryFolder } from './temporary-folder.ts';

export interface FoundRun {
  /** Where the run goes on, for commands. */
  readonly cwd: string;
  readonly archive: Objects;
  /** The stack's own. */
  readonly tables: GenerationTables;
}

const BUCKET = 'archive-of-the-run';
const KEY = 'key';
const TABLE_OUTPUTS = {
  sources: OUTPUTS.sourcesTable,
  windows: OUTPUTS.windowsTable,
  deadLetters: OUTPUTS.deadLettersTable,
  alerts: OUTPUTS.alertsTable,
  readers: OUTPUTS.readersTable,
} as const;

export async function localRun(dynamodb: DynamoDbLocal): Promise<FoundRun> {
  const cwd = await temporaryFolder();
  const s3 = await startS3Server({ buckets: [BUCKET], accessKey: KEY });
  onTestFinished(() => s3.stop());
  const credentials = { accessKeyId: KEY, secretAccessKey: 'local' };
  const client = createS3Client({ region: 'us-east-1', endpoint: s3.endpoint, credentials }, LOCAL_LIMITS);
  onTestFinished(() => client.destroy());
  const outputs: Record<string, string> = { [OUTPUTS.archiveBucket]: BUCKET, [OUTPUTS.stream]: 'telemetry' };
  const made = new Map<string, Table>();
  for (const name of GENERATION_TABLES) {
    const own = await dynamodb.makeTable(TABLE_SCHEMAS[name]);
    outputs[TABLE_OUTPUTS[name]] = own.name;
    made.set(name, own.table);
  }
  const table = (name: string) => {
    const found = made.get(name);
    if (found === undefined) throw new Error(`no table was made for ${name}`);
    return found;
  };
  const running: RunningFile = {
    pid: process.pid,
    tables: { kind: 'dynamodb', endpoint: dynamodb.endpoint },
    secrets: '',
    buckets: s3.endpoint,
    accessKey: KEY,
    dataFolder: undefined,
    outputs,
  };
  await mkdir(dirname(join(cwd, RUNNING_FILE)));
  await writeFile(join(cwd, RUNNING_FILE), JSON.stringify(running));
  return {
    cwd,
    archive: new S3Objects(client, BUCKET),
    tables: {
      sources: table('sources'),
      windows: table('windows'),
      deadLetters: table('deadLetters'),
      alerts: table('alerts'),
      readers: table('readers'),
    },
  };
}
