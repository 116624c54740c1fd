// Where a local run says that it is there, so that other commands in the same folder find it.
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

export interface RunningFile {
  readonly pid: number;
  /** Where the tables are: DynamoDB's API, or a run that has them in memory. */
  readonly tables: { readonly kind: 'dynamodb' | 'memory'; readonly endpoint: string };
  /** Endpoint. */
  readonly secrets: string;
  /** Endpoint; undefined: the run has no buckets. */
  readonly buckets: string | undefined;
  /** What the local servers want to see: clients give it as access key id. */
  readonly accessKey: string;
  readonly dataFolder: string | undefined;
  /** The stack's outputs by name. */
  readonly outputs: Readonly<Record<string, string>>;
}

export const RUNNING_FILE = '.tidemill/running.json';

export async function writeRunningFile(running: RunningFile): Promise<() => Promise<void>> {
  await mkdir(dirname(RUNNING_FILE), { recursive: true });
  // Whoever looks at this instant finds the whole file or none.
  const draft = `${RUNNING_FILE}.draft`;
  // For the owner's eyes alone, whatever a run that was killed has left there.
  await rm(draft, { force: true });
  await writeFile(draft, `${JSON.stringify(running, null, 1)}\n`, { mode: 0o600, flag: 'wx' });
  await rename(draft, RUNNING_FILE);
  return () => rm(RUNNING_FILE, { force: true });
}
