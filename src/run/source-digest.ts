// A digest of all that the stack and its functions are made of: while it is the same, so are they.
import { createHash, type Hash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What the stack, its functions and its dashboard are written in, and how that is read. */
const FOLDERS = ['cdk', 'consumers', 'producers', 'src'];
const FILES = ['package.json', 'package-lock.json', 'tsconfig.json', 'node_modules/.package-lock.json'];

/** Folders that packages are built into. They are among the sources but are not sources, and may be rebuilt at any moment. */
const BUILT = 'lib';

/** By contents, not by times: a branch that is checked out again has what it had. */
export async function sourceDigest(project: string): Promise<string> {
  const hash = createHash('sha256').update(process.version);
  for (const folder of FOLDERS) await addFolder(hash, project, folder);
  for (const file of FILES) await addFile(hash, project, file);
  return hash.digest('hex');
}

async function addFolder(hash: Hash, project: string, folder: string): Promise<void> {
  const entries = await readdir(join(project, folder), { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = `${folder}/${entry.name}`;
    if (entry.name === BUILT) continue;
    if (entry.isDirectory()) await addFolder(hash, project, path);
    else await addFile(hash, project, path);
  }
}

async function addFile(hash: Hash, project: string, path: string): Promise<void> {
  const contents = await readIfThere(join(project, path));
  // The length keeps what ends one file and what begins the next apart.
  hash.update(`${path}\0${contents?.length ?? 'none'}\0`);
  if (contents !== undefined) hash.update(contents);
}

/** Where it was installed as a package there is no lock file, say. */
async function readIfThere(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
