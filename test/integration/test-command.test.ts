// `tidemill test` as a user runs it.
import { describe, expect, it } from 'vitest';
import { caseFolder } from '../support/case-folder.ts';
import { failing } from '../support/failing-command.ts';
import { runCommand } from '../support/run-command.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const T0 = Date.UTC(2026, 0, 1);
const row = (events: number) => `window,m|a,${T0},${T0 + 60_000},,events,${events}`;
const usual = (name: string, expected: readonly string[]) =>
  caseFolder(name, {
    pipeline: { aggregations: [{ name: 'm', window: { tumbling: '60s' } }] },
    events: [{ source: 'a', time: T0, id: 1 }],
    expected,
  });

describe('tidemill test', () => {
  it('ends with 0 where every case holds, a line each', async () => {
    const cases = [await usual('one', [row(1)]), await usual('two', [row(1)])];
    const result = await runCommand(['test', ...cases], { cwd: await temporaryFolder() });
    expect(result).toMatchObject({ code: 0, stdout: 'ok one\nok two\n', stderr: '' });
  });

  it('ends with 1 where one does not, and tells the rows that differ', async () => {
    const cases = [await usual('wrong', [row(2)]), await usual('right', [row(1)])];
    const { code, stdout } = await runCommand(['test', ...cases], { cwd: await temporaryFolder() });
    expect(code).toBe(1);
    expect(stdout).toContain(`  - ${row(2)}\n  + ${row(1)}\n`);
    expect(stdout).toMatch(/^FAILED wrong\n(?: {2}.*\n)+ok right\n$/);
  });

  it('ends with 2 for a folder that is no case, and runs none of the others', async () => {
    const cwd = await temporaryFolder();
    const { code, stderr } = await failing(['test', await usual('right', [row(1)]), 'nothing'], { cwd });
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /nothing: found nothing there, expected a recorded case: a folder with pipeline\.json,/,
    );
  });

  it('tells machines the same', async () => {
    const args = ['test', '--json', await usual('wrong', [row(2)])];
    const { code, stdout } = await runCommand(args, { cwd: await temporaryFolder() });
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      cases: [{ name: 'wrong', variants: 12, failures: [{ differences: [{ expected: '2', found: '1' }] }] }],
    });
  });
});
