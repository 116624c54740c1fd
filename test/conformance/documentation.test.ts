// docs/event-source-mapping.md says of each rule how it is followed and where that is tested: neither may go out of date.
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { USUAL_ANSWERS } from '../../src/event-source/open-questions.ts';

const FOLDER = new URL('.', import.meta.url);
const DOCUMENT = readFileSync(new URL('../../docs/event-source-mapping.md', FOLDER), 'utf8');
const ROWS = DOCUMENT.split('\n')
  .filter((line) => /^\| \d/.test(line))
  .map((line) => line.split('|').map((cell) => cell.trim()));
const FACTS = [54, 60];

test('every rule has its row', () => {
  expect(ROWS.map(([, rule]) => Number(rule))).toEqual(Array.from({ length: 60 }, (_, index) => index + 1));
});

test.each(ROWS.map(([, rule = '', , , tests = '']) => [Number(rule), tests] as const))(
  'rule %i names tests that name it',
  (rule, tests) => {
    const files = [...tests.matchAll(/`([\w-]+\.test\.ts)`/g)].map(([, file = '']) => file);
    if (FACTS.includes(rule)) return expect(files).toEqual([]);
    expect(files).not.toEqual([]);
    for (const file of files) {
      const named = [
        ...readFileSync(new URL(file, FOLDER), 'utf8').matchAll(/['`][^'`\n]*\brules? [\d, andwith]+/g),
      ].flatMap(([titles]) => [...titles.matchAll(/\d+/g)].map(([number]) => Number(number)));
      expect(named, file).toContain(rule);
    }
  },
);

test('every vector is in a title', () => {
  const texts = readdirSync(FOLDER)
    .filter((file) => file.endsWith('.test.ts'))
    .map((file) => readFileSync(new URL(file, FOLDER), 'utf8'))
    .join('\n');
  for (let vector = 1; vector <= 13; vector += 1)
    expect(texts).toMatch(new RegExp(`['\`][^'\`\n]*\\bv${vector}\\b`));
});

test('every switch is listed', () => {
  for (const name of Object.keys(USUAL_ANSWERS)) expect(DOCUMENT).toContain(`| \`${name}\` |`);
});

test('the example is the one that runs', () => {
  expect(DOCUMENT).toContain(readFileSync(new URL('example.test.ts', FOLDER), 'utf8').trim());
});
