// A recording through the whole system, and the reference it must equal.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { PipelineDefinition } from '../../src/core/pipeline/definition.ts';
import { type ReplayOptions, replay } from '../../src/run/replay.ts';
import { differences } from './expected-windows.ts';
import { fastFolder } from './fast-folder.ts';
import { recordingsFolder } from './recordings.ts';

const folder = recordingsFolder();

export function oneAggregation(
  window: PipelineDefinition['aggregations'][number]['window'],
  allowedLateness: string,
  horizon: string,
): PipelineDefinition {
  return {
    aggregations: [{ name: 'all', window, allowedLateness }],
    dedupe: { horizon },
  };
}

export async function replayRecording(
  recording: string,
  pipeline: object,
  options: Partial<ReplayOptions> = {},
) {
  const out = join(await fastFolder(), 'windows.csv');
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

/** `name`: of the reference's files. */
export function expectReference(
  { report, out }: Awaited<ReturnType<typeof replayRecording>>,
  name: string,
): void {
  const expected = join(folder ?? '', 'expected', name);
  const ledger: Readonly<Record<string, number>> = JSON.parse(
    readFileSync(`${expected}.ledger.json`, 'utf8'),
  );
  const { received, applied, duplicate, late, windows, sources } = ledger;
  expect(report).toMatchObject({ received, applied, duplicate, late, windows, sources, quarantined: 0 });
  expect(report.received).toBe(report.applied + report.duplicate + report.late + report.quarantined);
  expect(report.balanced).toBe(true);
  expect(differences(out, `${expected}.windows.csv.gz`)).toEqual([]);
}

const WAYS = {
  /** The real functions in this process, on tables and streams in memory. */
  memory: { shards: 1, reshard: false, kills: 0, inMemory: true },
  /** On the real servers with everything that may happen: four shards, a split, a merge and functions killed in mid-batch. */
  disturbed: { shards: 4, reshard: true, kills: 20, inMemory: false },
} as const;

/** Each setting in the way that it is worth: what the other way shows, another setting shows. */
export function testRecording(
  recording: string,
  settings: Readonly<Record<string, { readonly pipeline: object; readonly way: keyof typeof WAYS }>>,
): void {
  describe.skipIf(folder === undefined)('a recording through the whole system equals the reference', () => {
    it.each(Object.entries(settings))('%s', async (name, { pipeline, way }) => {
      const run = await replayRecording(recording, pipeline, WAYS[way]);
      expectReference(run, name);
      expect(run.report.kills).toBe(WAYS[way].kills);
      expect(run.report.notice === undefined, 'on the real servers').toBe(!WAYS[way].inMemory);
    });
  });
}
