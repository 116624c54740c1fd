// Whatever a run of the tests puts into the temporary folder must be gone when it ends: the run has such a folder of its own,
// and fails when something is left in it.
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export default async function setUp(): Promise<() => Promise<void>> {
  const outer = tmpdir();
  // What Node has compiled is kept from run to run, as it is for users.
  process.env['NODE_COMPILE_CACHE'] ??= join(outer, COMPILED);
  const folder = await mkdtemp(join(outer, 'tidemill-tests-'));
  process.env['TMPDIR'] = folder;
  return async () => {
    process.env['TMPDIR'] = outer;
    const left = (await readdir(folder)).filter((name) => name !== COMPILED);
    await rm(folder, { recursive: true, force: true });
    if (left.length === 0) return;
    console.error(`The tests left ${left.length} behind in the temporary folder: ${left.join(', ')}`);
    // An error thrown here is told, but does not fail the run.
    process.exitCode = 1;
  };
}

/** Node's own, of processes that are started with an environment of their own: a cache, and bounded. */
const COMPILED = 'node-compile-cache';
