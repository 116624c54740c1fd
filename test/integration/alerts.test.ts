// Alerts from end to end, as they are used: a recording through the real servers and functions in processes of their own,
// killed on the way; transitions on the bus's stand-in; `tidemill alerts` on what is kept.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { PipelineDefinition } from '../../src/core/pipeline/definition.ts';
import type { AlertEvent } from '../../src/wire/alert-event.ts';
import { runHere } from '../support/command-here.ts';
import { javaMissing } from '../support/dynamodb-local.ts';
import { episodesOf } from '../support/episodes.ts';
import { fastFolder } from '../support/fast-folder.ts';
import { pathWithoutJava, runCommand } from '../support/run-command.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const PIPELINE: PipelineDefinition = {
  aggregations: [{ name: 'a', window: { tumbling: '1s' }, idleTimeout: '1s' }],
  rollups: [{ name: 'by-site', of: 'a', by: ['site'], parts: 2 }],
  alerts: [
    {
      name: 'hot',
      on: { aggregation: 'a' },
      metric: 'v',
      aggregate: 'max',
      when: { above: 80 },
      for: '3s',
      severity: 'critical',
    },
    { name: 'site', on: { rollup: 'by-site' }, metric: 'v', aggregate: 'max', when: { above: 80 } },
    { name: 'silent', when: { absent: '5m' } },
  ],
};

/** Two sources, a minute; one is hot from second 20 to 39, the other for a second at a time. */
const RECORDING = Array.from({ length: 60 }, (_, second) => {
  const time = 1_700_000_000_000 + second * 1_000;
  const hot = second >= 20 && second < 40;
  return ['a', 'b'].map((source) =>
    JSON.stringify({
      source,
      id: second,
      time,
      values: { v: hot && (source === 'a' || second % 2 === 0) ? 95 : 20 },
      tags: { site: source === 'a' || hot ? 'north' : 'south' },
    }),
  );
}).flat();

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
    await writeFile(join(cwd, 'r.ndjson'), `${RECORDING.join('\n')}\n`);
    await writeFile(join(cwd, 'p.json'), JSON.stringify(PIPELINE));
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

describe('alerts without Java', () => {
  it('are the same in memory', async () => {
    const cwd = await temporaryFolder();
    await writeFile(join(cwd, 'r.ndjson'), `${RECORDING.join('\n')}\n`);
    await writeFile(
      join(cwd, 'p.json'),
      JSON.stringify({ ...PIPELINE, alerts: PIPELINE.alerts?.slice(0, 1) }),
    );
    const path = await pathWithoutJava(cwd);
    const replayed = await runCommand(['replay', 'r.ndjson', '--pipeline', 'p.json', '--json'], {
      cwd,
      path,
    });
    expect(replayed.code).toBe(0);
    expect(JSON.parse(replayed.stdout)).toMatchObject({ balanced: true, alertTransitions: 23 });
  }, 300_000);
});
