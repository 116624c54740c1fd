import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { sourceDigest } from '../../../src/run/source-digest.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

it('a digest of the sources changes with them, and not with what packages are built into', async () => {
  const project = await temporaryFolder();
  for (const folder of ['cdk', 'consumers', 'producers', 'src/kit/lib'])
    await mkdir(join(project, folder), { recursive: true });
  await writeFile(join(project, 'src/kit/a.ts'), '1');
  const first = await sourceDigest(project);
  await writeFile(join(project, 'src/kit/lib/a.js'), '1');
  expect(await sourceDigest(project)).toBe(first);
  await writeFile(join(project, 'src/kit/a.ts'), '2');
  expect(await sourceDigest(project)).not.toBe(first);
});
