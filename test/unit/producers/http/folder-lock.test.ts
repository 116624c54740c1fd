import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { lockFolder } from '../../../../producers/http/folder-lock.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const OTHER = '00000000-0000-4000-8000-000000000000';

/** A lock as this process writes it, but for what is said. */
async function lockLike(folder: string, changes: object): Promise<void> {
  const unlock = await lockFolder(folder);
  const owner = JSON.parse(await readFile(join(folder, 'lock'), 'utf8'));
  await unlock();
  await writeFile(join(folder, 'lock'), JSON.stringify({ ...owner, token: OTHER, ...changes }));
}

describe('the lock of a folder', () => {
  it('is had by one, and by the next when it is given back, and leaves nothing', async () => {
    const folder = await temporaryFolder();
    const unlock = await lockFolder(folder);
    await expect(lockFolder(folder)).rejects.toThrow(`is in use by process ${process.pid}`);
    await unlock();
    await (await lockFolder(folder))();
    expect(await readdir(folder)).toEqual([]);
  });

  it.each([
    ['a process that is gone', { pid: 999_999_999 }],
    // As a container's first process always has: number 1.
    ['an earlier process with the number of this one', { start: '1' }],
    ['a process before the machine was started again', { boot: 'another' }],
    ['a container that is gone', { pidNamespace: 'pid:[1]', listens: true }],
  ])('is taken over from %s', async (_, changes) => {
    const folder = await temporaryFolder();
    await lockLike(folder, changes);
    const unlock = await lockFolder(folder);
    await unlock();
  });

  it.each([
    ['this process', String(process.pid)],
    ['a process that is gone', '999999999'],
    ['nobody, having been cut', ''],
  ])('is taken over where an earlier release wrote it, for %s', async (_, text) => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'lock'), text);
    await (await lockFolder(folder))();
  });

  it('is not taken from an earlier release that runs', async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'lock'), String(process.ppid));
    await expect(lockFolder(folder)).rejects.toThrow(`is in use by process ${process.ppid}`);
  });

  it('is not taken from a container that runs, whose processes cannot be seen', async () => {
    const folder = await temporaryFolder();
    await lockLike(folder, { pid: 999_999_999, pidNamespace: 'pid:[1]', listens: true });
    const server = createServer((socket) => socket.destroy());
    server.listen(join(folder, `lock-${OTHER}.socket`));
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    await expect(lockFolder(folder)).rejects.toThrow('is in use');
  });

  it('goes to one of many that want it at once, also when it is a dead one', async () => {
    const folder = await temporaryFolder();
    await lockLike(folder, { start: '1' });
    const all = await Promise.allSettled(Array.from({ length: 6 }, () => lockFolder(folder)));
    const had = all.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    expect(had).toHaveLength(1);
    for (const unlock of had) await unlock();
  });

  it('is not given back by one who has lost it', async () => {
    const folder = await temporaryFolder();
    const unlock = await lockFolder(folder);
    await lockLikeInPlace(folder);
    await unlock();
    expect(await readdir(folder)).toContain('lock');
  });

  it('is free when its process was killed', async () => {
    const folder = await temporaryFolder();
    const child = fork(new URL('../../../support/lock-holder.ts', import.meta.url), [folder]);
    onTestFinished(() => void child.kill('SIGKILL'));
    await once(child, 'message');
    await expect(lockFolder(folder)).rejects.toThrow(`is in use by process ${child.pid}`);
    child.kill('SIGKILL');
    await once(child, 'exit');
    await (await lockFolder(folder))();
    expect(await readdir(folder)).toEqual([]);
  });
});

async function lockLikeInPlace(folder: string): Promise<void> {
  const owner = JSON.parse(await readFile(join(folder, 'lock'), 'utf8'));
  await writeFile(join(folder, 'lock'), JSON.stringify({ ...owner, token: OTHER }));
}
