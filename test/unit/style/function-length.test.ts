// No function is longer than can be read at once. Sources are formatted, so that a function ends with the brace that stands
// below its beginning.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { projectFolder } from '../../../src/platform/project-folder.ts';

const MOST_LINES = 90;
const FOLDERS = ['src', 'consumers', 'producers', 'cdk', 'test/support'];

test(`no function has more than ${MOST_LINES} lines`, () => {
  const project = projectFolder();
  const listed = execFileSync('git', ['ls-files', '--', ...FOLDERS], { cwd: project, encoding: 'utf8' });
  const files = listed.split('\n').filter((file) => /\.tsx?$/.test(file));
  expect(files.length).toBeGreaterThan(500);
  const long = files.flatMap((file) =>
    functionsIn(readFileSync(join(project, file), 'utf8'))
      .filter(({ lines }) => lines > MOST_LINES)
      .map(({ line, lines }) => `${file}:${line} has ${lines} lines`),
  );
  expect(long).toEqual([]);
});

test('functions of every form are seen, and nothing else', () => {
  const source = [
    'export async function plain(',
    '  a: number,',
    '): Promise<void> {',
    '  call(',
    '    a,',
    '  );',
    '}',
    'const arrow = (a: number) => {',
    '  if (a) {',
    '  }',
    '};',
    'class C {',
    '  constructor() {',
    '  }',
    '',
    '  async #method<T>(',
    '    a: T,',
    '  ) {',
    '  }',
    '}',
  ].join('\n');
  expect(functionsIn(source)).toEqual([
    { line: 1, lines: 7 },
    { line: 8, lines: 4 },
    { line: 13, lines: 2 },
    { line: 16, lines: 4 },
  ]);
});

const BEGINNING =
  /^(?:export |default |async )*function\b|=> \{$|^(?:static |async |override |get |set |\*)*#?(?!(?:if|for|while|switch|catch|super|return|await)\b)\w+(?:<.*>)?\((?:.*\{)?$/;

function functionsIn(source: string): { readonly line: number; readonly lines: number }[] {
  const lines = source.split('\n');
  const indents = lines.map((line) => line.search(/\S/));
  return lines.flatMap((line, at) => {
    if (!BEGINNING.test(line.trim())) return [];
    for (let end = at + 1; end < lines.length; end += 1) {
      if (indents[end] !== indents[at]) continue;
      const text = lines[end]?.trim() ?? '';
      if (text.startsWith('}')) return [{ line: at + 1, lines: end - at + 1 }];
      // The end of parameters; of a mere call where no body follows.
      if (!/^[)\]>|&?:].*\{$/.test(text)) return [];
    }
    return [];
  });
}
