// A process in place of a container has its limits and its environment, and nothing of who started it.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { startContainer } from '../support/task-container.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const LOOK = `
import { writeFileSync } from 'node:fs';
import { getHeapStatistics } from 'node:v8';
const { NODE_OPTIONS, ...environment } = process.env;
const heapMb = getHeapStatistics().heap_size_limit / 1024 / 1024;
process.stdout.write(JSON.stringify({ environment, heapMb }));
writeFileSync('written', '');
`;

test('a container’s process has its heap, its variables and files that it cannot write', async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'look.mjs'), LOOK);
  vi.stubEnv('AWS_PROFILE', 'of somebody');
  const container = {
    ...{ command: ['node', 'look.mjs'], folder, memoryMb: 300 },
    environment: { OWN: 'image', TASK: 'its own' },
  };
  const look = async (hasReadonlyFiles: boolean) =>
    await (await startContainer({ ...container, hasReadonlyFiles }, { TASK: 'of its run' })).ended;
  const limited = await look(true);
  vi.unstubAllEnvs();
  const seen = JSON.parse(limited.stdout);
  expect(seen.environment).toEqual({ OWN: 'image', TASK: 'of its run' });
  // Young objects have some room of their own beside it.
  expect(seen.heapMb).toBeGreaterThanOrEqual(300);
  expect(seen.heapMb).toBeLessThan(500);
  expect(limited).toMatchObject({ code: 1, stderr: expect.stringContaining('ERR_ACCESS_DENIED') });
  expect(await look(false)).toMatchObject({ code: 0, stderr: '' });
});
