// Names that mean something to JavaScript, in every place that a device or a definition can put one: they are names like any other.
import { describe, expect, it } from 'vitest';
import type { PipelineDefinition } from '../../../src/core/pipeline/definition.ts';
import { createPipelineTest } from '../../../src/testing/pipeline-test.ts';

const NAMES = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf', 'prototype'];
const PIPELINE: PipelineDefinition = {
  aggregations: [
    {
      name: 'constructor',
      window: { tumbling: '10s' },
      allowedLateness: '1s',
      distinct: ['tags.__proto__'],
      topK: [{ of: 'tags.constructor', k: 2 }],
    },
  ],
  rollups: NAMES.map((name) => ({ name: `of-${name}`, of: 'constructor', by: [name] })),
  alerts: [
    {
      name: 'toString',
      on: { aggregation: 'constructor' },
      metric: '__proto__',
      aggregate: 'max',
      when: { above: 0 },
    },
  ],
};
const START_MS = Date.UTC(2026, 0, 1);

/** Parsed, so that `__proto__` is a member as it is for a device's JSON. */
function eventOf(source: string, id: number, time: number) {
  const members = (of: (name: string, at: number) => unknown) =>
    `{${NAMES.map((name, at) => `${JSON.stringify(name)}:${JSON.stringify(of(name, at))}`).join(',')}}`;
  const rest = JSON.stringify({ source, id, type: 'constructor', time }).slice(1, -1);
  return JSON.parse(`{${rest},"values":${members((_, at) => at + 1)},"tags":${members((name) => name)}}`);
}

describe('names that mean something to programs', () => {
  it('are sources, values, tags, series and subjects of alerts like any other', async () => {
    const test = createPipelineTest(PIPELINE);
    for (const [id, source] of NAMES.entries()) {
      await test.put(
        eventOf(source, 2 * id, START_MS + 1_000),
        eventOf(source, 2 * id + 1, START_MS + 30_000),
      );
    }
    await test.close();
    const windows = await test.windows();
    expect(windows.map(({ source }) => source).sort()).toEqual([...NAMES, ...NAMES].sort());
    for (const { metrics } of windows) {
      expect(Object.entries(metrics).map(([name, { sum }]) => [name, sum])).toEqual(
        NAMES.map((name, at) => [name, at + 1]),
      );
    }
    const rollups = await test.rollups();
    expect(rollups).toHaveLength(2 * NAMES.length);
    for (const { rollup, values, events, metrics } of rollups) {
      expect([values, events]).toEqual([[rollup.slice('of-'.length)], NAMES.length]);
      expect(Object.keys(metrics)).toEqual(NAMES);
    }
    const fired = (await test.transitions()).filter(({ to }) => to === 'firing');
    expect(fired.map(({ subject }) => ('source' in subject ? subject.source : '')).sort()).toEqual(
      [...NAMES].sort(),
    );
    expect(await test.deadLetters()).toEqual([]);
    const total = 2 * NAMES.length;
    expect(await test.ledger()).toMatchObject({ received: total, applied: total });
  });
});
