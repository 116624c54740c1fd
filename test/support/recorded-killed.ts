// `tidemill record`, killed while it writes and started again.
import { watch } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, vi } from 'vitest';
import { ArchiveReader } from '../../src/stores/archive/archive-reader.ts';
import { FolderObjects } from '../../src/stores/archive/folder-objects.ts';
import { startCommand } from './run-command.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** What is read of the archive when the command has been killed in the midst of several writes, and left alone at last. */
export async function recordedKilled(name: readonly string[], environment: Readonly<Record<string, string>>) {
  const local = { AWS_REGION: 'us-east-1', AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local' };
  for (const [variable, value] of Object.entries({ ...local, ...environment })) vi.stubEnv(variable, value);
  onTestFinished(() => void vi.unstubAllEnvs());
  const cwd = await temporaryFolder();
  const into = join(cwd, 'archive');
  await mkdir(into);
  const command = () => startCommand(['record', ...name, '--into', into], { cwd });
  // The last change in the folder before the kill: between a shard's page, objects and manifests, or within one of them.
  for (const changes of [3, 7]) {
    const started = command();
    await changesIn(into, changes);
    started.child.kill('SIGKILL');
    expect(await started.ended).toMatchObject({ signal: 'SIGKILL' });
  }
  const left = await command().ended;
  expect(left, left.stderr).toMatchObject({ code: 0 });
  const reader = new ArchiveReader(new FolderObjects(into));
  const found: Readonly<Record<string, unknown>>[] = [];
  for (const stream of await reader.streams())
    for (const shard of await reader.shards(stream))
      for await (const { fields } of reader.records({ stream, shard })) found.push(fields);
  return found;
}

async function changesIn(folder: string, count: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let seen = 0;
  const watcher = watch(folder, { recursive: true }, () => {
    seen += 1;
    if (seen >= count) resolve();
  });
  await promise;
  watcher.close();
}
