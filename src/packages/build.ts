// Builds what the packages hold: JavaScript and declarations of everything in `lib`, and of each package that stands in a folder of
// the application once more in its own `lib`. The application itself needs none of it.
import { execFileSync } from 'node:child_process';
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { projectFolder } from '../platform/project-folder.ts';

const PROJECT = projectFolder();
const LIB = join(PROJECT, 'lib');
const PACKAGES = ['src/event-source', 'src/local-stack'];

for (const folder of ['.', ...PACKAGES])
  rmSync(join(PROJECT, folder, 'lib'), { recursive: true, force: true });
const typescript = dirname(createRequire(import.meta.url).resolve('typescript/package.json'));
execFileSync(process.execPath, [join(typescript, 'bin/tsc'), '-p', join(PROJECT, 'tsconfig.packages.json')], {
  stdio: 'inherit',
});
// The compiler leaves specifiers in declarations as the sources have them, which are not there.
rewriteEach(LIB, '.d.ts', /((?:from|import\()\s*['"]\.{1,2}\/[^'"]+)\.ts(['"])/g, '$1.js$2');
for (const folder of PACKAGES) cpSync(join(LIB, folder), join(PROJECT, folder, 'lib'), { recursive: true });
// In a package by itself the other one is a dependency, and no folder beside it.
for (const ending of ['.js', '.d.ts']) {
  rewriteEach(
    join(PROJECT, 'src/local-stack/lib'),
    ending,
    /((?:from|import\()\s*['"])(?:\.\.\/)+event-source\/([^'"]+)\.js(['"])/g,
    '$1@tidemill/event-source/$2$3',
  );
}

function rewriteEach(folder: string, ending: string, pattern: RegExp, replacement: string): void {
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    const file = join(folder, name);
    if (!name.endsWith(ending)) continue;
    const text = readFileSync(file, 'utf8');
    const rewritten = text.replaceAll(pattern, replacement);
    if (rewritten !== text) writeFileSync(file, rewritten);
  }
}
