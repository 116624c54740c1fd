import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type ReplayOptions, replay } from '../../src/local/replay.ts';
import { differences } from '../support/expected-windows.ts';
import { recordingsFolder } from '../support/recordings.ts';

const folder = recordingsFolder();
const TIME_LIMIT_MS = 240_000;

interface Setting {
  readonly name: string;
  readonly recording: string;
  readonly pipeline: object;
}

const SETTINGS: readonly Setting[] = [
  {
    name: 'lorawan-60s',
    recording: 'lorawan.ndjson.gz',
    pipeline: pipelineOf({ tumbling: '60s' }, '1h', '10m'),
  },
  {
    name: 'lorawan-1h-strict',
    recording: 'lorawan.ndjson.gz',
    pipeline: pipelineOf({ tumbling: '1h' }, '0s', '10m'),
  },
  { name: 'waves-10s', recording: 'waves.ndjson.gz', pipeline: pipelineOf({ tumbling: '10s' }, '1m', '10m') },
  {
    name: 'waves-session-30m',
    recording: 'waves.ndjson.gz',
    pipeline: pipelineOf({ session: { gap: '30m' } }, '1m', '10m'),
  },
  {
    name: 'nab-known-cause-1h',
    recording: 'nab-known-cause.ndjson.gz',
    pipeline: pipelineOf({ tumbling: '1h' }, '2h', '1h'),
  },
];

function pipelineOf(window: object, allowedLateness: string, horizon: string): object {
  return {
    aggregations: [{ name: 'all', window, allowedLateness }],
    dedupe: { horizon },
  };
}

/** A folder in memory where the system has one: the tables are kept in it at nearly the speed of memory. */
async function dataFolder(): Promise<string> {
  const created = await mkdtemp(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'tidemill-test-'));
  onTestFinished(() => rm(created, { recursive: true, force: true }));
  return created;
}

async function runReplay(recording: string, pipeline: object, options: Partial<ReplayOptions> = {}) {
  const out = join(await dataFolder(), 'windows.csv');
  const report = await replay({
    files: [join(folder ?? '', recording)],
    pipeline,
    speed: 'max',
    shards: 1,
    kills: 0,
    reshard: false,
    windowsFile: out,
    ...options,
  });
  return { report, out };
}

describe.skipIf(folder === undefined)('a recording through the real servers equals the reference', () => {
  const ledgerOf = (name: string): Readonly<Record<string, number>> =>
    JSON.parse(readFileSync(join(folder ?? '', 'expected', `${name}.ledger.json`), 'utf8'));
  const windowsOf = (name: string) => join(folder ?? '', 'expected', `${name}.windows.csv.gz`);

  function expectReference({ report, out }: Awaited<ReturnType<typeof runReplay>>, name: string): void {
    const { received, applied, duplicate, late, windows, sources } = ledgerOf(name);
    expect(report).toMatchObject({ received, applied, duplicate, late, windows, sources, quarantined: 0 });
    expect(report.received).toBe(report.applied + report.duplicate + report.late + report.quarantined);
    expect(report.balanced).toBe(true);
    expect(report.notice).toBeUndefined();
    expect(differences(out, windowsOf(name))).toEqual([]);
  }

  for (const { name, recording, pipeline } of SETTINGS) {
    it(`${name}: with one shard`, { timeout: TIME_LIMIT_MS }, async () => {
      expectReference(await runReplay(recording, pipeline), name);
    });

    it(`${name}: with four shards, a split, a merge and 20 functions killed in mid-batch`, {
      timeout: TIME_LIMIT_MS,
    }, async () => {
      const run = await runReplay(recording, pipeline, { shards: 4, reshard: true, kills: 20 });
      expectReference(run, name);
      expect(run.report.kills).toBe(20);
    });
  }

  it('waves again into the same tables: applies nothing and changes no window', {
    timeout: TIME_LIMIT_MS,
  }, async () => {
    const kept = await dataFolder();
    const pipeline = pipelineOf({ tumbling: '10s' }, '1m', '10m');
    const first = await runReplay('waves.ndjson.gz', pipeline, { dataFolder: kept, shards: 4 });
    const again = await runReplay('waves.ndjson.gz', pipeline, { dataFolder: kept, shards: 4 });
    expectReference(first, 'waves-10s');
    expect(again.report).toMatchObject({ received: 10_000, applied: 0, windows: 0, balanced: true });
    expect(readFileSync(again.out, 'utf8')).toBe(readFileSync(first.out, 'utf8'));
  });

  it('hostile: every event has the verdict it should, and again nothing changes', {
    timeout: TIME_LIMIT_MS,
  }, async () => {
    const lines = readFileSync(join(folder ?? '', 'hostile.ndjson'), 'utf8')
      .trimEnd()
      .split('\n');
    const expected = lines.flatMap((line): string[] => JSON.parse(line).expect);
    const count = (verdict: string) => expected.filter((each) => each === verdict).length;
    const kept = await dataFolder();
    const pipeline = pipelineOf({ tumbling: '10s' }, '1m', '10m');
    const { report } = await runReplay('hostile.ndjson', pipeline, { dataFolder: kept });
    expect(report).toMatchObject({
      received: expected.length,
      applied: count('applied'),
      duplicate: count('duplicate'),
      late: count('late'),
      quarantined: count('quarantined'),
      balanced: true,
    });
    const again = await runReplay('hostile.ndjson', pipeline, { dataFolder: kept });
    expect(again.report).toMatchObject({ received: 0, applied: 0, windows: 0, balanced: true });
  });
});
