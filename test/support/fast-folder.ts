import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A folder in memory where the system has one, gone when the test is over: tables are kept in it at nearly memory's speed. */
export async function fastFolder(): Promise<string> {
  const created = await mkdtemp(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'tidemill-test-'));
  onTestFinished(() => rm(created, { recursive: true, force: true }));
  return created;
}
