// `tidemill record`, killed while it writes and started again.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, vi } from 'vitest';
import { ArchiveReader } from '../../src/stores/archive/archive-reader.ts';
import { FolderObjects } from '../../src/stores/archive/folder-objects.ts';
import { startCommand } from './run-command.ts';
import { temporaryFolder } from './temporary-folder.ts';

const KILLED = new URL('./killed-in-a-folder.ts', import.meta.url);

/** What is read of the archive when the command has been killed in the midst of several writes, and left alone at last. */
export async function recordedKilled(name: readonly string[], environment: Readonly<Record<string, string>>) {
  const local = { AWS_REGION: 'us-east-1', AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local' };
  for (const [variable, value] of Object.entries({ ...local, ...environment })) vi.stubEnv(variable, value);
  onTestFinished(() => void vi.unstubAllEnvs());
  const cwd = await temporaryFolder();
  const into = join(cwd, 'archive');
  await mkdir(into);
  vi.stubEnv('KILLED_IN', into);
  const args = ['record', ...name, '--into', into];
  // Before drafts and between a draft and its place: of a shard's page, objects and manifests.
  for (const change of [3, 4, 7]) {
    vi.stubEnv('KILLED_AT', String(change));
    expect(await startCommand(args, { cwd, main: KILLED }).ended).toMatchObject({ signal: 'SIGKILL' });
  }
  const left = await startCommand(args, { cwd }).ended;
  expect(left, left.stderr).toMatchObject({ code: 0 });
  const reader = new ArchiveReader(new FolderObjects(into));
  const found: Readonly<Record<string, unknown>>[] = [];
  for (const stream of await reader.streams())
    for (const shard of await reader.shards(stream))
      for await (const { fields } of reader.records({ stream, shard })) found.push(fields);
  return found;
}
