// Where a local run says that it is there, so that other commands in the same folder find it.
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

export interface RunningFile {
  readonly pid: number;
  /** Where the tables are: DynamoDB's API, or a run that has them in memory. */
  readonly tables: { readonly kind: 'dynamodb' | 'memory'; readonly endpoint: string };
  /** Endpoint. */
  readonly secrets: string;
  readonly dataFolder: string | undefined;
  /** The stack's outputs by name. */
  readonly outputs: Readonly<Record<string, string>>;
}

export const RUNNING_FILE = '.tidemill/running.json';

export async function writeRunningFile(running: RunningFile): Promise<() => Promise<void>> {
  await mkdir(dirname(RUNNING_FILE), { recursive: true });
  // Whoever looks at this instant finds the whole file or none.
  await writeFile(`${RUNNING_FILE}.draft`, `${JSON.stringify(running, null, 1)}\n`);
  await rename(`${RUNNING_FILE}.draft`, RUNNING_FILE);
  return () => rm(RUNNING_FILE, { force: true });
}
