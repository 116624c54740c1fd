// The same command on a machine without Java. By night: that it comes to the same as with it, and that other terminals reach a run
// (test/nightly/without-java.test.ts). By day memory and servers are held to the same references (integration/recordings,
// integration/simulated-fleet.test.ts), and a run in memory is asked by another process (integration/verify.test.ts).
import { describe, expect, it } from 'vitest';
import { EVENT_LINES, failing, folderWith } from '../support/failing-command.ts';
import { pathWithoutJava, runCommand } from '../support/run-command.ts';

describe('without Java', () => {
  it('memory serves, and the first line says so and how to get Java', async () => {
    const cwd = await folderWith({ 'ok.ndjson': EVENT_LINES.join('') });
    const path = await pathWithoutJava(cwd);
    const { code, stdout, stderr } = await runCommand(['replay', 'ok.ndjson', '--json'], { cwd, path });
    expect(code, stderr).toBe(0);
    expect(stderr.split('\n')[0]).toMatch(/^tidemill: in-memory stores serve.*Java.*apt-get install/);
    expect(JSON.parse(stdout)).toMatchObject({ balanced: true, received: EVENT_LINES.length });
  });

  it('a data folder cannot be kept: that ends with 1 and how to get Java', async () => {
    const cwd = await folderWith({ 'ok.ndjson': EVENT_LINES.join('') });
    const path = await pathWithoutJava(cwd);
    const { code, stderr } = await failing(['replay', 'ok.ndjson', '--data', 'kept'], { cwd, path });
    expect(stderr).toMatch(/a data folder needs DynamoDB Local.*apt-get install/);
    expect(code).toBe(1);
  });
});
