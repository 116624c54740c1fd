import { describe, expect, test } from 'vitest';
import type { PipelineDefinition } from '../../../src/core/pipeline.ts';
import { definePipeline, PipelineError, parsePipeline } from '../../../src/core/pipeline.ts';

const MINUTE = { name: 'per-minute', window: { tumbling: '60s' } };

describe('a pipeline definition', () => {
  test('of the documentation is read with its durations in milliseconds', () => {
    const json = `{
      "aggregations": [ { "name": "per-minute", "window": { "tumbling": "60s" }, "allowedLateness": "1h", "idleTimeout": "10m" } ],
      "rollups": [ { "name": "per-minute-by-model", "of": "per-minute", "by": ["model"] } ],
      "dedupe": { "horizon": "10m" }, "maxClockSkew": "5m" }`;
    expect(parsePipeline(JSON.parse(json))).toEqual({
      aggregations: [
        {
          name: 'per-minute',
          sizeMs: 60_000,
          allowedLatenessMs: 3_600_000,
          idleTimeoutMs: 600_000,
          values: undefined,
          aggregates: ['count', 'sum', 'min', 'max', 'mean'],
          keepSamples: false,
          groupBy: ['model'],
        },
      ],
      rollups: [{ name: 'per-minute-by-model', of: 'per-minute', by: ['model'] }],
      dedupeHorizonMs: 600_000,
      maxClockSkewMs: 300_000,
      retentionMs: undefined,
    });
  });

  test('needs no more than one aggregation, and fills in the rest', () => {
    const definition: PipelineDefinition = { aggregations: [MINUTE] };
    expect(definePipeline(definition)).toBe(definition);
    expect(parsePipeline(definition)).toMatchObject({
      aggregations: [{ allowedLatenessMs: 0, idleTimeoutMs: 600_000, groupBy: [] }],
      rollups: [],
      dedupeHorizonMs: 600_000,
      maxClockSkewMs: 300_000,
      retentionMs: undefined,
    });
  });

  test('may name everything', () => {
    const read = parsePipeline({
      aggregations: [
        { ...MINUTE, values: ['t', '__proto__', 't'], aggregates: ['last', 'count'] },
        { name: 'hourly', window: { tumbling: '1h' } },
      ],
      rollups: [
        { name: 'r1', of: 'per-minute', by: ['site', 'model'] },
        { name: 'r2', of: 'per-minute', by: ['model', 'zone'] },
      ],
      dedupe: { horizon: '0s' },
      maxClockSkew: '0s',
      retention: '30d',
    });
    expect(read.aggregations[0]).toMatchObject({
      values: new Set(['t', '__proto__']),
      keepSamples: true,
      groupBy: ['model', 'site', 'zone'],
    });
    expect(read.aggregations[1]).toMatchObject({ groupBy: [], keepSamples: false });
    expect(read).toMatchObject({ dedupeHorizonMs: 0, maxClockSkewMs: 0, retentionMs: 30 * 86_400_000 });
  });
});

const NAME = 'expected 1 to 64 letters, digits, "-", "_" or "."';
const duration = (least: number) =>
  `expected a duration of ${least} ms to 366 days, e.g. "250ms", "10s", "5m", "1h", "2d"`;
const rollup = { name: 'r', of: 'per-minute', by: ['site'] };
const aggregation = (rest: object) => ({ aggregations: [{ ...MINUTE, ...rest }] });
const rollups = (...all: object[]) => ({ aggregations: [MINUTE], rollups: all });

const REFUSED: readonly [definition: unknown, problem: string][] = [
  [undefined, '(top): missing, expected an object'],
  [null, '(top): found null, expected an object'],
  [[MINUTE], '(top): found [{"name":"per-minute","window":{"tumbling":"60s"}}], expected an object'],
  [{}, 'aggregations: missing, expected a list of 1 to 16'],
  [{ aggregations: [] }, 'aggregations: found a list of 0, expected a list of 1 to 16'],
  [{ aggregations: 'x' }, 'aggregations: found "x", expected a list of 1 to 16'],
  [
    { aggregations: Array.from({ length: 17 }, (_, at) => ({ ...MINUTE, name: `a${at}` })) },
    'aggregations: found a list of 17, expected a list of 1 to 16',
  ],
  [{ aggregations: [7] }, 'aggregations[0]: found 7, expected an object'],
  [
    { aggregations: [MINUTE], agregations: 1 },
    'agregations: unknown key, expected one of aggregations, rollups, dedupe, maxClockSkew, retention',
  ],
  [
    aggregation({ lateness: '1h' }),
    'aggregations[0].lateness: unknown key, expected one of name, window, allowedLateness, idleTimeout, values, aggregates',
  ],
  [aggregation({ name: undefined }), `aggregations[0].name: missing, ${NAME}`],
  [aggregation({ name: '' }), `aggregations[0].name: found "", ${NAME}`],
  [aggregation({ name: 'a|b' }), `aggregations[0].name: found "a|b", ${NAME}`],
  [aggregation({ name: 'x'.repeat(65) }), `aggregations[0].name: found "${'x'.repeat(65)}", ${NAME}`],
  [aggregation({ window: undefined }), 'aggregations[0].window: missing, expected {"tumbling": "60s"}'],
  [aggregation({ window: '60s' }), 'aggregations[0].window: found "60s", expected an object'],
  [aggregation({ window: {} }), `aggregations[0].window.tumbling: missing, ${duration(1)}`],
  [aggregation({ window: { tumbling: 60 } }), `aggregations[0].window.tumbling: found 60, ${duration(1)}`],
  [
    aggregation({ window: { tumbling: '0s' } }),
    `aggregations[0].window.tumbling: found "0s", ${duration(1)}`,
  ],
  [
    aggregation({ window: { tumbling: '60' } }),
    `aggregations[0].window.tumbling: found "60", ${duration(1)}`,
  ],
  [
    aggregation({ window: { tumbling: '-1s' } }),
    `aggregations[0].window.tumbling: found "-1s", ${duration(1)}`,
  ],
  [
    aggregation({ window: { tumbling: '367d' } }),
    `aggregations[0].window.tumbling: found "367d", ${duration(1)}`,
  ],
  [
    aggregation({ window: { tumbling: '1s', every: '1s' } }),
    'aggregations[0].window.every: unknown key, expected one of tumbling',
  ],
  [aggregation({ allowedLateness: 5 }), `aggregations[0].allowedLateness: found 5, ${duration(0)}`],
  [aggregation({ idleTimeout: '999ms' }), `aggregations[0].idleTimeout: found "999ms", ${duration(1_000)}`],
  [aggregation({ values: 't' }), 'aggregations[0].values: found "t", expected a list of 1 to 64 texts'],
  [aggregation({ values: [] }), 'aggregations[0].values: found [], expected a list of 1 to 64 texts'],
  [
    aggregation({ values: [''] }),
    'aggregations[0].values[0]: found "", expected a text of 1 to 64 characters',
  ],
  [
    aggregation({ aggregates: ['sum', 'median'] }),
    'aggregations[0].aggregates[1]: found "median", expected one of count, sum, min, max, mean, first, last',
  ],
  [
    { aggregations: [MINUTE, MINUTE] },
    'aggregations[1].name: found "per-minute" a second time, expected a name of its own',
  ],
  [{ aggregations: [MINUTE], rollups: {} }, 'rollups: found {}, expected a list of 0 to 32'],
  [rollups({ ...rollup, key: 1 }), 'rollups[0].key: unknown key, expected one of name, of, by'],
  [
    rollups({ ...rollup, of: 'hourly' }),
    'rollups[0].of: found "hourly", expected the name of an aggregation: "per-minute"',
  ],
  [rollups({ ...rollup, of: undefined }), `rollups[0].of: missing, ${NAME}`],
  [rollups({ ...rollup, name: 7 }), `rollups[0].name: found 7, ${NAME}`],
  [
    rollups({ ...rollup, by: undefined }),
    'rollups[0].by: found no tag, expected a list of tag names, e.g. ["site"]',
  ],
  [rollups({ ...rollup, by: [3] }), 'rollups[0].by[0]: found 3, expected a text of 1 to 64 characters'],
  [rollups(rollup, rollup), 'rollups[1].name: found "r" a second time, expected a name of its own'],
  [{ aggregations: [MINUTE], dedupe: '10m' }, 'dedupe: found "10m", expected an object'],
  [
    { aggregations: [MINUTE], dedupe: { horison: '1m' } },
    'dedupe.horison: unknown key, expected one of horizon',
  ],
  [{ aggregations: [MINUTE], dedupe: { horizon: 'ten' } }, `dedupe.horizon: found "ten", ${duration(0)}`],
  [{ aggregations: [MINUTE], maxClockSkew: '1w' }, `maxClockSkew: found "1w", ${duration(0)}`],
  [{ aggregations: [MINUTE], retention: '1m' }, `retention: found "1m", ${duration(3_600_000)}`],
];

describe('a wrong pipeline definition is refused with the key, what was found and what was expected:', () => {
  test.each(REFUSED)('%j', (definition, problem) => {
    expect(problemsOf(definition)).toContain(problem);
  });

  test('and says nothing else, where one thing is wrong', () => {
    for (const [definition, problem] of REFUSED) {
      // Where a tag or an aggregation cannot be read, more than one thing follows from it.
      if (!problem.startsWith('rollups[0].of')) expect(problemsOf(definition)).toEqual([problem]);
    }
  });

  test.each(['hopping', 'session'])('%s windows, which are not built', (kind) => {
    expect(problemsOf(aggregation({ window: { [kind]: { size: '1m', every: '1s' } } }))[0]).toMatch(
      /^aggregations\[0\]\.window: found \{".*expected \{"tumbling": size\}: hopping and session windows are not built yet$/,
    );
  });

  test('everything wrong is told at once', () => {
    const definition = { aggregations: [{ name: '', window: { tumbling: 1 } }], rolups: [] };
    expect(problemsOf(definition)).toEqual([
      'rolups: unknown key, expected one of aggregations, rollups, dedupe, maxClockSkew, retention',
      `aggregations[0].name: found "", ${NAME}`,
      `aggregations[0].window.tumbling: found 1, ${duration(1)}`,
    ]);
    expect(() => parsePipeline(definition)).toThrow('pipeline definition: 3 problems\n  rolups: unknown key');
  });

  test('what was found is shortened where it is long', () => {
    const [problem] = problemsOf({ aggregations: 'x'.repeat(500) });
    expect(problem?.length).toBeLessThan(150);
  });
});

function problemsOf(definition: unknown): readonly string[] {
  try {
    parsePipeline(definition);
  } catch (error) {
    if (!(error instanceof PipelineError)) throw error;
    for (const problem of error.problems) expect(error.message).toContain(problem);
    return error.problems;
  }
  throw new Error(`nothing was wrong with ${JSON.stringify(definition)}`);
}
