// No sentence in a comment or a document opens with a bare "Of": it leaves its reader without a subject until its end.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { projectFolder } from '../../../src/platform/project-folder.ts';

test('no sentence opens with a bare "Of"', () => {
  const project = projectFolder();
  const listed = execFileSync(
    'git',
    ['ls-files', '-co', '--exclude-standard', '--', '*.ts', '*.tsx', '*.md'],
    {
      cwd: project,
      encoding: 'utf8',
    },
  );
  const files = listed.split('\n').filter((file) => file !== '' && existsSync(join(project, file)));
  expect(files.length).toBeGreaterThan(500);
  const found = files.flatMap((file) => {
    const text = readFileSync(join(project, file), 'utf8');
    const sentences = file.endsWith('.md') ? text : commentsOf(text);
    return barelyOpened(sentences).map(({ line, sentence }) => `${file}:${line} ${sentence}`);
  });
  expect(found).toEqual([]);
});

test.each([
  ['a line', 'Of what is read, this is the last.'],
  ['an item', '- Of windows that are open'],
  ['a numbered item', '2. Of two, the later'],
  ['a cell', '| key | Of a source |'],
  ['a heading in bold', '**Ids.** Of each some bytes'],
  ['a second sentence', 'It is kept. Of others nothing is.'],
  ['what follows a colon', 'Two kinds: Of one it is known.'],
])('a bare "Of" is seen at the beginning of %s', (_, text) => {
  expect(barelyOpened(text)).toEqual([{ line: 1, sentence: text }]);
});

test('an "Of" that opens no sentence, or is followed by "course", is let through', () => {
  expect(barelyOpened('Of course.\nThe Origin Of Species\nmost of them. Offsets are')).toEqual([]);
});

test('comments of every form are looked at, and code is not', () => {
  const slashes = '/'.repeat(2);
  const lines = [
    `${slashes} Of a file`,
    `  /${'**'} Of a field. */`,
    ' * Of a block',
    `  call(); ${slashes} Of a call`,
    "'Of a text'",
  ];
  expect(barelyOpened(commentsOf(lines.join('\n'))).map(({ line }) => line)).toEqual([1, 2, 3, 4]);
});

/** Ends of sentences and marks of Markdown may stand before it. */
const BARE = /(?:^\s*(?:(?:[-*>|]|\d+\.) )*|(?:[.:;!?|]|\*\*) )Of (?!course\b)/;

function barelyOpened(text: string): { readonly line: number; readonly sentence: string }[] {
  return text
    .split('\n')
    .flatMap((sentence, at) => (BARE.test(sentence) ? [{ line: at + 1, sentence: sentence.trim() }] : []));
}

const COMMENT = /(?:^\s*(?:\/\*\*?|\*)|(?:^|[^:'"`])\/\/) (?<comment>.*)$/;

/** The same number of lines, each with its comment alone. */
function commentsOf(source: string): string {
  return source
    .split('\n')
    .map((line) => COMMENT.exec(line)?.groups?.['comment'] ?? '')
    .join('\n');
}
