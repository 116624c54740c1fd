// A copy of the project with what a document's example adds to it: files by the names after ```ts, and the line that lists the function.
import { execFile } from 'node:child_process';
import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { temporaryFolder } from './temporary-folder.ts';

const run = promisify(execFile);
const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
const LISTS = /^export const OWN_FUNCTIONS = .*$/m;

export async function copyWithExample(documentName: string): Promise<string> {
  const copy = await temporaryFolder();
  const { stdout } = await run('git', ['ls-files', 'cdk', 'consumers', 'producers', 'src', '*.json'], {
    cwd: PROJECT,
  });
  for (const file of stdout.trim().split('\n')) await cp(join(PROJECT, file), join(copy, file));
  await symlink(join(PROJECT, 'node_modules'), join(copy, 'node_modules'));
  const document = await readFile(join(PROJECT, documentName), 'utf8');
  for (const [, file = '', code = ''] of document.matchAll(/```ts (\S+)\n([\s\S]*?)```/g)) {
    await mkdir(dirname(join(copy, file)), { recursive: true });
    await writeFile(join(copy, file), code);
  }
  const [line] = LISTS.exec(document) ?? [];
  if (line === undefined) throw new Error(`${documentName} does not say the line that lists the function`);
  const names = join(copy, 'src/platform/names.ts');
  await writeFile(names, (await readFile(names, 'utf8')).replace(LISTS, line));
  return copy;
}
