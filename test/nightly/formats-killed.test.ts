// Real files as their owners have them, replayed through a shape on the local servers while functions are killed and shards are split and
// merged: the same windows as by a plain computation of what was converted by hand.
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readCsvTable } from '../../src/core/csv.ts';
import { replay } from '../../src/run/replay.ts';
import { fastFolder } from '../support/fast-folder.ts';
import { formatsFolder } from '../support/formats.ts';
import { SAMPLES } from '../support/formats-by-hand.ts';
import { type PlainNumbers, type PlainWindows, plainWindows, rounded } from '../support/plain-windows.ts';
import { shapesOf } from '../support/shaped.ts';

const folder = formatsFolder();
const PUT_MS = Date.UTC(2026, 10, 28);
const PIPELINE = {
  aggregations: [{ name: 'per-minute', window: { tumbling: '60s' }, allowedLateness: '365d' }],
  allowOldTimes: true,
};

describe.skipIf(folder === undefined)(
  'the shared samples, with functions killed and shards split and merged',
  () => {
    test.each(SAMPLES)('$file', async ({ file, shapes, isRecording, byHand }) => {
      const path = join(folder ?? '', file);
      const windowsFile = join(await fastFolder(), 'windows.csv');
      const report = await replay({
        files: [path],
        pipeline: { ...PIPELINE, shapes },
        ...(isRecording
          ? {}
          : { fileShapes: { shapes: shapesOf(...shapes), arrivalMs: PUT_MS, states: undefined } }),
        speed: 'max',
        shards: 2,
        kills: 2,
        reshard: true,
        windowsFile,
      });
      expect(report).toMatchObject({ balanced: true, quarantined: 0, late: 0 });
      expect(windowsIn(await readFile(windowsFile, 'utf8'))).toEqual(
        plainWindows(byHand(readFileSync(path, 'utf8'))),
      );
    });
  },
);

function windowsIn(csv: string): PlainWindows {
  const windows: Record<string, { count: number; values: Record<string, PlainNumbers> }> = {};
  const number = (text: string | undefined) => Number(text);
  for (const { cells } of readCsvTable(csv, 100_000)?.rows ?? []) {
    const key = `${cells['source']} ${cells['window_start_ms']}`;
    windows[key] ??= { count: 0, values: {} };
    const window = windows[key];
    if (cells['metric'] === '(events)') window.count = number(cells['count']);
    else
      window.values[String(cells['metric'])] = {
        count: number(cells['count']),
        sum: number(cells['sum']),
        min: number(cells['min']),
        max: number(cells['max']),
      };
  }
  return rounded(windows);
}
