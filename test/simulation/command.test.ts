// The command as a user runs it.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { makePlan } from '../../src/simulation/make-plan.ts';
import { parseSavedPlan } from '../../src/simulation/saved-plan.ts';
import { refused, runHere } from '../support/command-here.ts';
import { folderWith } from '../support/failing-command.ts';
import { runCommand } from '../support/run-command.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

test('seeds that hold end with a line that says how many, and 0', async () => {
  const cwd = await temporaryFolder();
  const { code, stdout, stderr } = await runCommand(['simulate', '--from', '51', '--seeds', '2'], { cwd });
  expect(stdout).toMatch(
    /^2 seeds hold \(51 to 52\): [\d,]+ events, [\d,]+ invocations, .* virtual hours in .* s\n$/,
  );
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
});

test('the same seeds give the same figures, on however many threads', async () => {
  const figures = async (...args: readonly string[]) => {
    const { stdout } = await runHere(['simulate', '--json', ...args], { cwd: await temporaryFolder() });
    const { elapsedMs, ...rest } = JSON.parse(stdout);
    return rest;
  };
  const together = await figures('--from', '51', '--seeds', '2');
  expect(together).toMatchObject({ from: 51, seeds: 2, failures: [] });
  const [first, other] = [await figures('--seed', '51'), await figures('--seed', '52')];
  expect(first.events + other.events).toBe(together.events);
  expect(first.invocations + other.invocations).toBe(together.invocations);
});

describe('a law that is broken', () => {
  const main = new URL('../support/simulate-with-a-broken-part.ts', import.meta.url);

  test('ends with 1, told by a small trace, and runs again as it says', async () => {
    const cwd = await temporaryFolder();
    const simulate = (...args: readonly string[]) => runCommand(args, { cwd, main });
    const found = await simulate('--seed', String(SEED), '--save', 'small.json');
    expect({ code: found.code, stderr: found.stderr }).toEqual({ code: 1, stderr: '' });
    expect(found.stdout).toMatch(/^Seed 30 breaks a law: versions of a state follow each other\n/);
    expect(found.stdout).toMatch(/^ {2}\w+: .*found .*, expected /m);
    expect(found.stdout).toMatch(/^Smallest plan found that does: [1-5] records, /m);
    expect(found.stdout).toMatch(/^ +\d+\.\d{3} {2}put /m);
    expect(found.stdout).toMatch(/^ +\d+\.\d{3} {2}BROKEN /m);
    expect(found.stdout).toMatch(/again: tidemill simulate --seed 30\nsaved: small\.json\n$/);

    const { law, found: words, plan } = parseSavedPlan(await readFile(join(cwd, 'small.json'), 'utf8'), '');
    expect(words).toMatch(/^seed 30: /);
    expect(makePlan(SEED).records.length).toBeGreaterThan(10);
    expect(plan.records.length).toBeLessThanOrEqual(5);
    expect(plan.faults.length).toBeLessThanOrEqual(3);
    expect(plan.actions.length).toBeLessThanOrEqual(2);
    const again = await simulate('--plan', 'small.json');
    expect(again).toMatchObject({ code: 1, stderr: '' });
    expect(again.stdout).toContain(`Seed 30 breaks a law: ${law}\n`);
    expect(again.stdout).toMatch(/again: tidemill simulate --plan small\.json\n$/);
    const mended = await runHere(['simulate', '--plan', 'small.json'], { cwd });
    expect(mended).toMatchObject({ code: 0, stdout: expect.stringMatching(/^seed 30 holds: /) });

    const { code, stdout } = await simulate('--plan', 'small.json', '--json');
    const [failure] = JSON.parse(stdout).failures;
    expect(code).toBe(1);
    expect(failure).toMatchObject({ seed: SEED, law, plan: { format: 1 } });
    expect(failure.trace.at(-1)).toMatch(/BROKEN/);
  });
});

/** One of few records, which the broken part fails at: what is small is soon made smaller. */
const SEED = 30;

test.each([
  ['no seeds', ['--seeds', '0'], /--seeds <n>.*'0'.*from 1 to/],
  ['a seed that is none', ['--seed', 'x'], /--seed <seed>.*'x'/],
  [
    'a seed and a range',
    ['--seed', '3', '--from', '2'],
    /'--seed <seed>' cannot be used with .*'--from <seed>'/,
  ],
  ['a plan that is not there', ['--plan', 'none.json'], /--plan .*none\.json/],
  [
    'a plan that is no JSON',
    ['--plan', 'cut.json'],
    /--plan cut\.json: found no JSON, expected a saved plan/,
  ],
  [
    'a plan of another format',
    ['--plan', 'old.json'],
    /--plan old\.json: found a plan of format 0, expected/,
  ],
  [
    'a plan with a part missing',
    ['--plan', 'part.json'],
    /part\.json: found nothing for plan\.seed, expected a num/,
  ],
  ['no folder to save to', ['--save', 'no/where.json'], /--save no\/where\.json: there is no folder/],
] as const)('bad usage ends with 2: %s', async (_, args, message) => {
  const cwd = await folderWith({
    'cut.json': '{"plan":',
    'old.json': '{"plan":{"format":0}}',
    'part.json': '{"plan":{"format":1}}',
  });
  const { code, stderr } = await refused(['simulate', ...args], { cwd });
  expect(stderr).toMatch(message);
  expect(code).toBe(2);
});
