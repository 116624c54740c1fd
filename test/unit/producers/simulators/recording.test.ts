// Simulations written as recordings.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { simulateIotFleet } from '../../../../producers/simulators/iot-fleet.ts';
import { recordingLines, writeRecording } from '../../../../producers/simulators/recording.ts';

const startMs = 1_760_000_000_000;
const arrivals = () => simulateIotFleet({ seed: 1, startMs, endMs: startMs + 30_000, devices: 30 }).arrivals;

test('a line is the event with its arrival time', () => {
  const [first] = arrivals();
  const [line] = recordingLines(arrivals());
  expect(line?.endsWith('\n')).toBe(true);
  expect(JSON.parse(line ?? '')).toEqual({ ...first?.event, arrivedAt: first?.atMs });
});

test('files hold the lines, gzipped by their name', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tidemill-recording-'));
  try {
    const lines = [...recordingLines(arrivals())].join('');
    await writeRecording(join(folder, 'fleet.ndjson'), arrivals());
    await writeRecording(join(folder, 'fleet.ndjson.gz'), arrivals());
    expect(await readFile(join(folder, 'fleet.ndjson'), 'utf8')).toBe(lines);
    expect(gunzipSync(await readFile(join(folder, 'fleet.ndjson.gz'))).toString()).toBe(lines);
  } finally {
    await rm(folder, { recursive: true });
  }
});
