// Builds what the packages hold: JavaScript and declarations of everything in `lib`, and of the event source mapping once more in
// `src/event-source/lib`. The application itself needs none of it.
import { execFileSync } from 'node:child_process';
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { projectFolder } from '../platform/project-folder.ts';

const PROJECT = projectFolder();
const LIB = join(PROJECT, 'lib');
const EVENT_SOURCE = join(PROJECT, 'src/event-source/lib');

rmSync(LIB, { recursive: true, force: true });
rmSync(EVENT_SOURCE, { recursive: true, force: true });
const typescript = dirname(createRequire(import.meta.url).resolve('typescript/package.json'));
execFileSync(process.execPath, [join(typescript, 'bin/tsc'), '-p', join(PROJECT, 'tsconfig.packages.json')], {
  stdio: 'inherit',
});
for (const file of readdirSync(LIB, { recursive: true, encoding: 'utf8' })) {
  if (file.endsWith('.d.ts')) rewriteSpecifiers(join(LIB, file));
}
cpSync(join(LIB, 'src/event-source'), EVENT_SOURCE, { recursive: true });

/** The compiler leaves them as the sources have them, which are not there. */
function rewriteSpecifiers(file: string): void {
  const text = readFileSync(file, 'utf8');
  writeFileSync(file, text.replaceAll(/((?:from|import\()\s*['"]\.{1,2}\/[^'"]+)\.ts(['"])/g, '$1.js$2'));
}
