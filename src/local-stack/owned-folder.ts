// Temporary folders that are gone when this process has ended, however it ends.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { disown, own } from './reaper.ts';

export interface OwnedFolder {
  readonly path: string;
  /** Removes it with all that is in it. May be repeated. */
  remove(): Promise<void>;
}

/** In the system's temporary folder; its name begins with `prefix`. Rejects where none can be made there. */
export async function makeOwnedFolder(prefix: string): Promise<OwnedFolder> {
  const path = await mkdtemp(join(tmpdir(), prefix));
  own({ kind: 'folder', path });
  return {
    path,
    async remove() {
      await rm(path, { recursive: true, force: true });
      disown({ kind: 'folder', path });
    },
  };
}
