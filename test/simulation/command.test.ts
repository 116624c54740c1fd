// The command as a user runs it.
import { expect, test } from 'vitest';
import { failing, folderWith } from '../support/failing-command.ts';
import { runCommand } from '../support/run-command.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

test('seeds that hold end with a line that says how many, and 0', async () => {
  const cwd = await temporaryFolder();
  const { code, stdout, stderr } = await runCommand(['simulate', '--from', '11', '--seeds', '4'], { cwd });
  expect(stdout).toMatch(
    /^4 seeds hold \(11 to 14\): [\d,]+ events, [\d,]+ invocations, .* virtual hours in .* s\n$/,
  );
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
});

test('the same seeds give the same figures, on however many threads', async () => {
  const cwd = await temporaryFolder();
  const figures = async (args: readonly string[]) => {
    const { stdout } = await runCommand(['simulate', '--json', ...args], { cwd });
    const { elapsedMs, ...rest } = JSON.parse(stdout);
    return rest;
  };
  const together = await figures(['--from', '1', '--seeds', '4']);
  expect(together).toMatchObject({ from: 1, seeds: 4, failures: [] });
  expect(await figures(['--from', '1', '--seeds', '4'])).toEqual(together);
  const [first, others] = [await figures(['--seed', '1']), await figures(['--from', '2', '--seeds', '3'])];
  expect(first.events + others.events).toBe(together.events);
  expect(first.invocations + others.invocations).toBe(together.invocations);
});

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
  const { code, stderr } = await failing(['simulate', ...args], { cwd });
  expect(stderr).toMatch(message);
  expect(code).toBe(2);
});
