import { chmod, mkdir, readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { canKeepIn, withKept } from '../../../src/run/kept-folders.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

async function keeper() {
  const folder = join(await temporaryFolder(), 'kept');
  let made = 0;
  const get = (key: string, { fails = false, isStill = async () => true } = {}) =>
    withKept(
      key,
      {
        folder,
        isStill,
        make: async (into) => {
          made += 1;
          const mine = made;
          await writeFile(join(into, 'half'), '');
          if (fails) throw new Error('no room');
          await writeFile(join(into, 'what'), `${key} ${mine}`);
        },
      },
      async (from) => await readFile(join(from, 'what'), 'utf8'),
    );
  return { folder, get };
}

describe('a kept folder', () => {
  it('is made once for each key', async () => {
    const { get } = await keeper();
    expect([await get('a'), await get('b'), await get('a'), await get('b')]).toEqual([
      'a 1',
      'b 2',
      'a 1',
      'b 2',
    ]);
  });

  it('of which the making fails is not kept, and is made again', async () => {
    const { folder, get } = await keeper();
    await expect(get('a', { fails: true })).rejects.toThrow('no room');
    expect(await readdir(folder)).toEqual([]);
    expect(await get('a')).toBe('a 2');
  });

  it('is used but not kept where what it was made of has changed meanwhile', async () => {
    const { folder, get } = await keeper();
    expect(await get('a', { isStill: async () => false })).toBe('a 1');
    expect(await readdir(folder)).toEqual([]);
  });

  it('may be made by several at once: each has one, and one is kept', async () => {
    const { folder, get } = await keeper();
    const all = await Promise.all(['a', 'a', 'a'].map((key) => get(key)));
    expect(all.toSorted()).toEqual(['a 1', 'a 2', 'a 3']);
    expect(await readdir(folder)).toEqual(['a']);
    expect(all).toContain(await get('a'));
  });

  it('goes when so many others have been used since', async () => {
    const { folder, get } = await keeper();
    const keys = Array.from({ length: 12 }, (_, n) => `k${n}`);
    for (const [n, key] of keys.entries()) {
      await get(key);
      await utimes(join(folder, key), n, n);
    }
    await get('k0');
    await get('more');
    expect((await readdir(folder)).toSorted()).toEqual(
      [...keys.filter((key) => key !== 'k1'), 'more'].toSorted(),
    );
  });
});

it('nothing is kept where nothing can be written', async () => {
  const folder = await temporaryFolder();
  expect(await canKeepIn(join(folder, 'new/one'))).toBe(true);
  await writeFile(join(folder, 'file'), '');
  expect(await canKeepIn(join(folder, 'file/below'))).toBe(false);
  await mkdir(join(folder, 'closed'));
  await chmod(join(folder, 'closed'), 0o500);
  // To root nothing is closed.
  expect(await canKeepIn(join(folder, 'closed'))).toBe(process.getuid?.() === 0);
});
