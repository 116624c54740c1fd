// The folder of a local run: a temporary one that goes with it, or the data folder that is kept.
import { mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { makeOwnedFolder } from '../local-stack/owned-folder.ts';
import { RuntimeError } from '../local-stack/runtime-error.ts';

/** Adds to `cleanups` what removes a temporary one. @throws RuntimeError where it cannot be made or written */
export async function makeWorkFolder(
  dataFolder: string | undefined,
  cleanups: (() => Promise<void>)[],
): Promise<string> {
  try {
    if (dataFolder === undefined) {
      const folder = await makeOwnedFolder('tidemill-');
      cleanups.push(folder.remove);
      return folder.path;
    }
    const folder = resolve(dataFolder);
    for (const name of ['kinesis', 'dynamodb']) await mkdir(join(folder, name), { recursive: true });
    await writeFile(
      join(folder, 'README'),
      'Kept by Tidemill between local runs. Delete the folder to begin anew.\n',
    );
    return folder;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const where =
      dataFolder === undefined ? `the temporary folder ${tmpdir()}` : `the data folder ${dataFolder}`;
    throw new RuntimeError('data-folder', `${where} cannot be used: ${reason}`, { cause });
  }
}
