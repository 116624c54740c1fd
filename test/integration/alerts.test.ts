// Alerts as they are used, in memory: a recording through every function. On the real servers, with functions killed, by night
// (test/nightly/alerts.test.ts); integration/reading-local.test.ts has one fire there by day.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ALERTS_PIPELINE, HOT_RECORDING } from '../support/hot-recording.ts';
import { pathWithoutJava, runCommand } from '../support/run-command.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

it('alerts fire and resolve without Java as they do on the servers', async () => {
  const cwd = await temporaryFolder();
  await writeFile(join(cwd, 'r.ndjson'), `${HOT_RECORDING.join('\n')}\n`);
  const [hot] = ALERTS_PIPELINE.alerts ?? [];
  await writeFile(join(cwd, 'p.json'), JSON.stringify({ ...ALERTS_PIPELINE, alerts: [hot] }));
  const path = await pathWithoutJava(cwd);
  const replayed = await runCommand(['replay', 'r.ndjson', '--pipeline', 'p.json', '--json'], { cwd, path });
  expect(replayed.code).toBe(0);
  // Three of the source that stays hot, twenty of the one that is hot for a second at a time.
  expect(JSON.parse(replayed.stdout)).toMatchObject({ balanced: true, alertTransitions: 23 });
}, 300_000);
