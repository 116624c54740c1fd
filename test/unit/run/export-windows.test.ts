// What is exported is read by DuckDB, which has no code of ours.
import { DuckDBInstance } from '@duckdb/node-api';
import { expect, onTestFinished, test } from 'vitest';
import { parsePipeline } from '../../../src/core/pipeline/parse-pipeline.ts';
import { exportWindows } from '../../../src/run/export-windows.ts';
import { FolderObjects } from '../../../src/stores/archive/folder-objects.ts';
import { PipelineRunner } from '../../../src/testing/pipeline-runner.ts';
import { itemOfInput, putAt } from '../../../src/testing/put-items.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const START_MS = Date.parse('2026-11-27T23:58:00Z');
const PIPELINE = parsePipeline({
  aggregations: [{ name: 'per-minute', window: { tumbling: '60s' }, allowedLateness: '1h' }],
  rollups: [{ name: 'by-site', of: 'per-minute', by: ['site'] }],
});

async function ask(folder: string, sql: string): Promise<readonly unknown[]> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const files = `read_parquet('${folder}/windows/**/*.parquet', hive_partitioning = true, hive_types_autocast = false)`;
  const answer = await connection.runAndReadAll(sql.replace('WINDOWS', files));
  connection.closeSync();
  instance.closeSync();
  return answer.getRowsJson();
}

test('final windows are rows for whoever reads Parquet, by day and name, and exporting again changes nothing', async () => {
  const runner = new PipelineRunner({ pipeline: PIPELINE, startMs: START_MS, batchSize: 100 });
  onTestFinished(() => runner.stop());
  for (let at = 0; at < 40; at += 1) {
    const tags = { site: at % 2 === 0 ? 'north' : 'south' };
    const event = {
      source: `d${at % 4}`,
      time: START_MS + at * 6_000,
      values: { temperature: at / 4, humidity: 50 },
      tags,
    };
    runner.put(putAt(itemOfInput(event), START_MS));
  }
  runner.put(putAt(itemOfInput({ source: 'quiet', time: START_MS }), START_MS));
  await runner.caughtUp();
  const folder = await temporaryFolder();
  const objects = new FolderObjects(folder);
  const options = { windows: runner.windows, objects, fromMs: START_MS, toMs: START_MS + 86_400_000 };
  const provisional = await exportWindows(options);
  expect(provisional.map(({ windows }) => windows).reduce((a, b) => a + b, 0)).toBe(0);

  await runner.close('everything');
  const files = await exportWindows(options);
  expect(files.map(({ key }) => key)).toEqual([
    'windows/kind=source/name=per-minute/day=2026-11-27/windows.parquet',
    'windows/kind=rollup/name=by-site/day=2026-11-27/windows.parquet',
    'windows/kind=source/name=per-minute/day=2026-11-28/windows.parquet',
    'windows/kind=rollup/name=by-site/day=2026-11-28/windows.parquet',
  ]);
  const expected = [
    ['rollup', '2026-11-27', 'north', '10', 47.5, 0, 4.75],
    ['rollup', '2026-11-27', 'south', '10', 50, 0.25, 5],
  ];
  const sums = `SELECT kind, day, json_extract_string(series, '$[0]') AS site, sum(count)::BIGINT, sum(sum), min(min), max(max)
    FROM WINDOWS WHERE kind = 'rollup' AND day = '2026-11-27' AND metric = 'temperature' GROUP BY ALL ORDER BY site`;
  const found = await ask(folder, sums);
  expect(found.map((row) => (row as unknown[]).slice(0, 4))).toEqual(expected.map((row) => row.slice(0, 4)));
  const starts =
    "SELECT min(window_start)::TEXT, max(window_end)::TEXT, count(DISTINCT series) FROM WINDOWS WHERE kind = 'source'";
  expect(await ask(folder, starts)).toEqual([['2026-11-27 23:58:00', '2026-11-28 00:02:00', '5']]);
  const whole = 'SELECT * FROM WINDOWS ORDER BY ALL';
  const before = await ask(folder, whole);
  expect(before.length).toBeGreaterThan(20);
  expect(await ask(folder, "SELECT events, metric, mean FROM WINDOWS WHERE series = 'quiet'")).toEqual([
    ['1', null, null],
  ]);
  await exportWindows(options);
  expect(await ask(folder, whole)).toEqual(before);
});

test('a window that holds a part of its events says since when', async () => {
  const runner = new PipelineRunner({ pipeline: PIPELINE, startMs: START_MS, batchSize: 100 });
  onTestFinished(() => runner.stop());
  const put = (second: number) =>
    runner.put(
      putAt(itemOfInput({ source: 'd', time: START_MS + second * 1_000, values: { v: 1 } }), START_MS),
    );
  put(0);
  await runner.caughtUp();
  await runner.deploy(
    parsePipeline({
      aggregations: [
        { name: 'per-minute', window: { tumbling: '60s' }, allowedLateness: '1h' },
        { name: 'added', window: { tumbling: '60s' }, allowedLateness: '1h' },
      ],
    }),
  );
  put(30);
  put(90);
  await runner.caughtUp();
  await runner.close('everything');
  const folder = await temporaryFolder();
  const objects = new FolderObjects(folder);
  await exportWindows({ windows: runner.windows, objects, fromMs: START_MS, toMs: START_MS + 86_400_000 });
  const sql =
    "SELECT name, partial_since_ms IS NOT NULL FROM WINDOWS WHERE kind = 'source' ORDER BY name, window_start";
  expect(await ask(folder, sql)).toEqual([
    ['added', true],
    ['added', false],
    ['per-minute', false],
    ['per-minute', false],
  ]);
});
