// docs/api-gateway.md says of each rule how it is followed and where that is tested: neither may go out of date.
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { LIKELY_ANSWERS, POSSIBLE_ANSWERS } from '../../../src/local-stack/gateway/open-questions.ts';
import { DOOR_STEPS } from '../../../src/verify/door-steps.ts';
import { FOLLOW_STEPS } from '../../../src/verify/follow-steps.ts';

const FOLDER = new URL('.', import.meta.url);
const DOCUMENT = readFileSync(new URL('../../../docs/api-gateway.md', FOLDER), 'utf8');
const ROWS = DOCUMENT.split('\n')
  .filter((line) => /^\| \d/.test(line))
  .map((line) => line.split('|').map((cell) => cell.trim()));
/** A fact. */
const UNTESTED = [59];

test('every rule has its row', () => {
  expect(ROWS.map(([, rule]) => Number(rule))).toEqual(Array.from({ length: 66 }, (_, index) => index + 1));
});

test.each(ROWS.map(([, rule = '', , , tests = '']) => [Number(rule), tests] as const))(
  'rule %i names tests that name it',
  (rule, tests) => {
    const files = [...tests.matchAll(/`([\w-]+\.test\.ts)`/g)].map(([, file = '']) => file);
    if (UNTESTED.includes(rule)) return expect(files).toEqual([]);
    expect(files).not.toEqual([]);
    for (const file of files) expect(rulesIn(file), file).toContain(rule);
  },
);

function rulesIn(file: string): number[] {
  const text = readFileSync(new URL(file, FOLDER), 'utf8');
  const titles = [...text.matchAll(/['`][^'`\n]*\brules? [\d, andto]+/g)].map(([title]) => title);
  return titles.flatMap((title) => {
    const [, from, to] = /rules (\d+) to (\d+)/.exec(title) ?? [];
    const between = Array.from(
      { length: Number(to ?? 0) - Number(from ?? 1) + 1 },
      (_, i) => Number(from) + i,
    );
    return [...[...title.matchAll(/\d+/g)].map(([number]) => Number(number)), ...between];
  });
}

test('every vector is in a title', () => {
  const texts = readdirSync(FOLDER)
    .map((file) => readFileSync(new URL(file, FOLDER), 'utf8'))
    .join('\n');
  for (let vector = 1; vector <= 13; vector += 1)
    expect(texts).toMatch(new RegExp(`['\`][^'\`\n]*\\bv${vector}\\b`));
});

test('what the verification tries of the switches is tried by steps that there are', () => {
  const ids = [...DOOR_STEPS, ...FOLLOW_STEPS].map(({ id }) => id);
  const rows = DOCUMENT.split('\n').filter((line) => /\| `(?:door|text)\./.test(line));
  const named = rows.flatMap((row) => [...row.matchAll(/`((?:door|text)\.[\w-]+)`/g)].map(([, id]) => id));
  expect(named.length).toBeGreaterThan(8);
  for (const id of named) expect(ids).toContain(id);
  const switches = rows.flatMap((row) => [...(row.split('|')[1] ?? '').matchAll(/`(\w+)`/g)]);
  for (const [, name = ''] of switches) expect(Object.keys(LIKELY_ANSWERS)).toContain(name);
});

test('every switch is listed, with all of its answers known and the likely one among them', () => {
  for (const [name, likely] of Object.entries(LIKELY_ANSWERS)) {
    expect(DOCUMENT).toContain(`| \`${name}\` |`);
    const possible: readonly unknown[] = Object(POSSIBLE_ANSWERS)[name];
    expect(possible.length).toBeGreaterThan(1);
    expect(possible).toContain(likely);
  }
});
