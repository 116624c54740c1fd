// A disk that is full, in the form of /dev/full, where a replay writes; under the checkpoints of real servers by night (nightly/full-disk.test.ts).
import { describe, expect, it } from 'vitest';
import { EVENT_LINES, failing, folderWith } from '../support/failing-command.ts';
import { pathWithoutJava } from '../support/run-command.ts';

describe('a full disk ends with 1 and says so', () => {
  it('under the windows file', async () => {
    const cwd = await folderWith({ 'ok.ndjson': EVENT_LINES.join('') });
    const path = await pathWithoutJava(cwd);
    const { code, stderr } = await failing(['replay', 'ok.ndjson', '--windows-out', '/dev/full'], {
      cwd,
      path,
    });
    expect(stderr).toContain('the disk is full: ENOSPC');
    expect(code).toBe(1);
  });

  it('under the output', async () => {
    const cwd = await folderWith({ 'ok.ndjson': EVENT_LINES.join('') });
    const path = await pathWithoutJava(cwd);
    const options = { cwd, path, stdoutTo: '/dev/full' };
    const { code, stderr } = await failing(['replay', 'ok.ndjson', '--json'], options);
    expect(stderr).toContain('the disk is full: ENOSPC');
    expect(code).toBe(1);
  });
});
