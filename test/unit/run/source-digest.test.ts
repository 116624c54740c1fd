import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { sourceDigest } from '../../../src/run/source-digest.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

it('the digest of the sources changes with each file, its name and what it is in, and comes back with them', async () => {
  const project = await temporaryFolder();
  for (const folder of ['cdk', 'consumers', 'producers', 'src/deep']) {
    await mkdir(join(project, folder), { recursive: true });
    await writeFile(join(project, folder, 'a.ts'), 'a');
  }
  const first = await sourceDigest(project);
  const seen = [first];
  const note = async () => void seen.push(await sourceDigest(project));
  await writeFile(join(project, 'src/deep/a.ts'), 'b');
  await note();
  await rename(join(project, 'src/deep/a.ts'), join(project, 'src/deep/b.ts'));
  await note();
  await rename(join(project, 'src/deep/b.ts'), join(project, 'src/b.ts'));
  await note();
  await writeFile(join(project, 'package-lock.json'), '{}');
  await note();
  await writeFile(join(project, 'cdk/b.ts'), '');
  await note();
  expect(new Set(seen).size).toBe(6);

  const other = await temporaryFolder();
  for (const folder of ['cdk', 'consumers', 'producers', 'src/deep']) {
    await mkdir(join(other, folder), { recursive: true });
    await writeFile(join(other, folder, 'a.ts'), 'a');
  }
  expect(await sourceDigest(other)).toBe(first);
});

it('what packages are built into is no source, and changes no digest', async () => {
  const project = await temporaryFolder();
  for (const folder of ['cdk', 'consumers', 'producers', 'src/kit/lib']) {
    await mkdir(join(project, folder), { recursive: true });
  }
  const first = await sourceDigest(project);
  await writeFile(join(project, 'src/kit/lib/a.js'), '1');
  expect(await sourceDigest(project)).toBe(first);
});
