// Alerts from end to end, as they are used: a recording through the real servers and functions in processes of their own,
// killed on the way; transitions on the bus's stand-in; `tidemill alerts` on what is kept. By day integration/alerts.test.ts has it in memory.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { AlertEvent } from '../../src/wire/alert-event.ts';
import { runHere } from '../support/command-here.ts';
import { javaMissing } from '../support/dynamodb-local.ts';
import { episodesOf } from '../support/episodes.ts';
import { fastFolder } from '../support/fast-folder.ts';
import { ALERTS_PIPELINE, HOT_RECORDING } from '../support/hot-recording.ts';
import { runCommand } from '../support/run-command.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

// In CI a missing Java is a failure, elsewhere a reason to skip.
const missing = process.env['CI'] === 'true' ? undefined : await javaMissing();

const lines = (text: string): unknown[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));

describe.skipIf(missing !== undefined)('alerts on the real servers', () => {
  it('fire and resolve, are published, and are seen with what made them', async () => {
    const cwd = await temporaryFolder();
    const data = join(await fastFolder(), 'data');
    await writeFile(join(cwd, 'r.ndjson'), `${HOT_RECORDING.join('\n')}\n`);
    await writeFile(join(cwd, 'p.json'), JSON.stringify(ALERTS_PIPELINE));
    const replayed = await runCommand(
      ['replay', 'r.ndjson', '--pipeline', 'p.json', '--data', data, '--kill', '3', '--json'],
      { cwd },
    );
    expect(replayed).toMatchObject({ code: 0, stderr: '' });

    const published = lines(await readFile(join(data, 'published-events.ndjson'), 'utf8')) as AlertEvent[];
    expect(JSON.parse(replayed.stdout)).toMatchObject({ balanced: true, alertTransitions: published.length });
    const hot = published.filter(({ rule }) => rule === 'hot');
    const of = (name: string) =>
      hot
        .filter(({ subject }) => subject.kind === 'source' && subject.source === name)
        .map(({ sequence, to, window }) => `${sequence} ${to} ${(window.start - 1_700_000_000_000) / 1_000}`);
    expect(of('a')).toEqual(['1 pending 20', '2 firing 22', '3 resolved 40']);
    expect(of('b')).toHaveLength(20);
    expect(of('b').at(-1)).toBe('20 ok 39');
    const site = (name: string) =>
      episodesOf(
        published.filter(
          ({ rule, subject }) => rule === 'site' && subject.kind === 'rollup' && subject.values[0] === name,
        ),
      ).map(({ to, window }) => `${to} ${(window.start - 1_700_000_000_000) / 1_000}`);
    expect(site('north')).toEqual(['firing 20', 'resolved 40']);
    expect(site('south')).toEqual([]);

    const listed = await runHere(
      ['alerts', '--data', data, '--rule', 'hot', '--state', 'resolved', '--json'],
      { cwd },
    );
    expect(listed).toMatchObject({ code: 0, stderr: '' });
    expect(lines(listed.stdout)).toEqual([
      { state: 'resolved', ...hot.find(({ id }) => id === 'hot/source|a|a/3') },
    ]);
  }, 300_000);
});
