// Tags of devices as somebody puts them by the command, and as the function that reads the stream finds them, on any kind of table.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { wire } from '../../consumers/aggregate/wire.ts';
import { parsePipeline } from '../../src/core/pipeline/parse-pipeline.ts';
import { decodeChangedWindows } from '../../src/core/state-changes.ts';
import { memoryHost } from '../../src/host/memory-host.ts';
import { OUTPUTS } from '../../src/platform/names.ts';
import { RUNNING_FILE, type RunningFile } from '../../src/run/running-file.ts';
import { startTablesServer } from '../../src/run/tables-server.ts';
import { SourceStates } from '../../src/stores/source-states.ts';
import type { Table } from '../../src/stores/table.ts';
import { TABLE_SCHEMAS } from '../../src/stores/table-schemas.ts';
import { refused, runHere } from './command-here.ts';
import { sequenceOf } from './event-streams.ts';
import { kinesisRecord } from './kinesis-records.ts';
import { noShards } from './shards-in-memory.ts';
import type { MakeTable } from './table-under-test.ts';
import { temporaryFolder } from './temporary-folder.ts';

const KEY = 'key-of-the-run';
const FROM = '2100-01-01T00:00:00Z';
const FROM_MS = Date.parse(FROM);

export interface LocalRun {
  readonly cwd: string;
  readonly tables: Readonly<Record<'sources' | 'readers' | 'deadLetters', Table>>;
}

/** A folder in which commands find these tables, as in one where `tidemill dev` goes on. */
export async function localRun(make: MakeTable): Promise<LocalRun> {
  const cwd = await temporaryFolder();
  const [sources, readers, deadLetters, windows] = await Promise.all(
    (['sources', 'readers', 'deadLetters', 'windows'] as const).map(
      async (name) => (await make(TABLE_SCHEMAS[name])).table,
    ),
  );
  if (sources === undefined || readers === undefined || deadLetters === undefined || windows === undefined)
    throw new Error('four tables were made');
  const byName = new Map(Object.entries({ sources, readers, deadLetters, windows }));
  const server = await startTablesServer((name) => {
    const table = byName.get(name);
    if (table === undefined) throw new Error(`no table is called ${name}`);
    return table;
  }, KEY);
  onTestFinished(() => server.stop());
  const running: RunningFile = {
    pid: process.pid,
    tables: { kind: 'memory', endpoint: server.endpoint },
    secrets: '',
    buckets: undefined,
    accessKey: KEY,
    dataFolder: undefined,
    outputs: {
      [OUTPUTS.sourcesTable]: 'sources',
      [OUTPUTS.readersTable]: 'readers',
      [OUTPUTS.deadLettersTable]: 'deadLetters',
      [OUTPUTS.windowsTable]: 'windows',
    },
  };
  await mkdir(join(cwd, '.tidemill'));
  await writeFile(join(cwd, RUNNING_FILE), JSON.stringify(running));
  return { cwd, tables: { sources, readers, deadLetters } };
}

const WRONG_FILES: readonly (readonly [rows: string, problem: string])[] = [
  ['', 'found 0 rows below the header, expected CSV with 1 to 20,000 rows'],
  ['name,site\nd1,north\n', 'row 1'],
  ['source,site\nd1,north\nd1,south\n', 'row 2'],
];

async function put({ cwd }: LocalRun, rows: string, ...more: readonly string[]) {
  await writeFile(join(cwd, 'devices.csv'), rows);
  return await runHere(['devices', 'put', 'devices.csv', ...more], { cwd });
}

async function show({ cwd }: LocalRun, ...args: readonly string[]) {
  return await runHere(['devices', 'show', ...args], { cwd });
}

export function devicesContract(make: MakeTable): void {
  describe('tags of devices', () => {
    test('are put by the command, shown with their history, and taken away again', async () => {
      const run = await localRun(make);
      const first = await put(
        run,
        '\ufeffsource,site,model\r\nd1,north,mk3\r\nd2,"a, b",\r\n',
        '--from',
        FROM,
      );
      expect(first).toEqual({
        code: 0,
        stdout: '2 of 2 devices get other tags from 2100-01-01T00:00:00Z on\n',
        stderr: '',
      });
      // What the file does not name keeps what it has; the same again changes nothing.
      expect(await put(run, 'source,site\nd2,"a, b"\n', '--from', '2101-01-01T00:00:00Z')).toMatchObject({
        stdout: '0 of 1 devices get other tags from 2101-01-01T00:00:00Z on\n',
      });
      await put(run, 'source,site\nd1,\n', '--from', '2102-01-01T00:00:00Z');
      expect((await show(run, 'd1')).stdout.trimEnd().split('\n')).toEqual([
        'from                  tags',
        expect.stringMatching(/^2100-01-01T00:00:00Z {2}site=north model=mk3$/),
        expect.stringMatching(/^2102-01-01T00:00:00Z {2}\(none\)$/),
      ]);
      expect(JSON.parse((await show(run, 'd2', '--json')).stdout)).toEqual({
        source: 'd2',
        from: '2100-01-01T00:00:00.000Z',
        tags: { site: 'a, b' },
      });
    });

    test('hold from two minutes on where nothing else is said, and from no earlier than that containers notice', async () => {
      const run = await localRun(make);
      const before = Date.now();
      expect((await put(run, 'source,site\nd1,north\n')).code).toBe(0);
      const { from } = JSON.parse((await show(run, 'd1', '--json')).stdout);
      expect(Date.parse(from)).toBeGreaterThanOrEqual(before + 120_000);
      const early = await refused(['devices', 'put', 'devices.csv', '--from', '2026-01-01T00:00:00Z'], run);
      expect(early.stderr).toContain(
        'found a time less than a minute in the future, expected at least a minute',
      );
    });

    test('are refused with what is wrong with the file', async () => {
      const run = await localRun(make);
      for (const [rows, problem] of WRONG_FILES) {
        const { code, stdout, stderr } = await put(run, rows, '--from', FROM);
        expect([code, stdout]).toEqual([2, '']);
        expect(stderr).toContain(problem);
      }
      expect((await refused(['devices', 'put', 'none.csv'], run)).stderr).toContain('none.csv');
      expect((await refused(['devices', 'show', 'd1'], run)).stderr).toContain(
        'd1: found no tags in the table',
      );
    });

    test('are those of the table in what the function folds, by when records arrived', async () => {
      const run = await localRun(make);
      await put(run, 'source,site\nd,north\n', '--from', FROM);
      await put(run, 'source,site\nd,south\n', '--from', '2100-01-01T00:10:00Z');
      const pipeline = parsePipeline({
        aggregations: [{ name: 'm', window: { tumbling: '1h' } }],
        rollups: [{ name: 'site', of: 'm', by: ['site'] }],
        devices: { table: true },
      });
      const { sources, readers } = run.tables;
      const host = memoryHost({
        pipeline,
        tables: { sources, readers },
        shards: noShards,
        setting: () => '',
      });
      const Records = [0, 5, 10].map((minute, at) =>
        kinesisRecord({
          sequence: sequenceOf(at + 1),
          arrivalMs: FROM_MS + minute * 60_000,
          data: { source: 'd', id: at, time: FROM_MS + at, values: { v: 1 } },
        }),
      );
      expect(await wire(host)({ Records })).toEqual({ batchItemFailures: [] });
      const [stored] = await new SourceStates(sources).load(['d']);
      const [window] = decodeChangedWindows('d', stored?.state ?? '').open;
      expect(window?.groups.map(({ tags, events }) => [tags, events])).toEqual([
        [['north'], 2],
        [['south'], 1],
      ]);
    });
  });
}
