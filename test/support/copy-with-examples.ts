// A copy of the project with what documents' examples add to it: files by the names after ```ts, and the functions that they list.
import { execFile } from 'node:child_process';
import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
const LISTS = /^export const OWN_FUNCTIONS = .*$/m;

/** Into an empty folder. */
export async function copyWithExamples(copy: string, documentNames: readonly string[]): Promise<void> {
  const { stdout } = await run('git', ['ls-files', 'cdk', 'consumers', 'producers', 'src', '*.json'], {
    cwd: PROJECT,
  });
  for (const file of stdout.trim().split('\n')) await cp(join(PROJECT, file), join(copy, file));
  await symlink(join(PROJECT, 'node_modules'), join(copy, 'node_modules'));
  const functions: string[] = [];
  for (const name of documentNames) functions.push(await addExample(copy, name));
  const names = join(copy, 'src/platform/names.ts');
  const line = `export const OWN_FUNCTIONS = [${functions.join(', ')}] as const satisfies readonly string[];`;
  await writeFile(names, (await readFile(names, 'utf8')).replace(LISTS, line));
}

/** Gives the names that the document says to list, as they stand between the brackets. */
async function addExample(copy: string, documentName: string): Promise<string> {
  const document = await readFile(join(PROJECT, documentName), 'utf8');
  for (const [, file = '', code = ''] of document.matchAll(/```ts (\S+)\n([\s\S]*?)```/g)) {
    await mkdir(dirname(join(copy, file)), { recursive: true });
    await writeFile(join(copy, file), code);
  }
  const [, listed] =
    /^export const OWN_FUNCTIONS = \[(.+)\] as const satisfies readonly string\[\];$/m.exec(document) ?? [];
  if (listed === undefined) throw new Error(`${documentName} does not say the line that lists the function`);
  return listed;
}
