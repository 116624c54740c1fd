// Whatever a run of the tests puts into the temporary folder must be gone when it ends: the run has such a folder of its own,
// and fails when something is left in it.
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export default async function setUp(): Promise<() => Promise<void>> {
  const outer = tmpdir();
  // What Node has compiled is kept from run to run, as it is for users.
  process.env['NODE_COMPILE_CACHE'] ??= join(outer, 'node-compile-cache');
  const folder = await mkdtemp(join(outer, 'tidemill-tests-'));
  process.env['TMPDIR'] = folder;
  return async () => {
    process.env['TMPDIR'] = outer;
    const left = await readdir(folder);
    await rm(folder, { recursive: true, force: true });
    if (left.length > 0)
      throw new Error(`the tests left ${left.length} behind in the temporary folder: ${left.join(', ')}`);
  };
}
