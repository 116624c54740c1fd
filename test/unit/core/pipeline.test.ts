import { describe, expect, test } from 'vitest';
import type { PipelineDefinition } from '../../../src/core/pipeline/definition.ts';
import { definePipeline } from '../../../src/core/pipeline/definition.ts';
import { parsePipeline } from '../../../src/core/pipeline/parse-pipeline.ts';
import { PipelineError } from '../../../src/core/pipeline/pipeline-error.ts';
import { DEFAULT_PARTS } from '../../../src/core/pipeline/read-rollup.ts';

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
          window: { kind: 'tumbling', sizeMs: 60_000 },
          filter: undefined,
          allowedLatenessMs: 3_600_000,
          idleTimeoutMs: 600_000,
          retentionMs: undefined,
          values: undefined,
          aggregates: ['count', 'sum', 'min', 'max', 'mean'],
          keep: { samples: false, squares: false, increase: false, quantiles: undefined },
          weights: false,
          states: [],
          holdMs: undefined,
          counters: { carry: true, dip: 0 },
          distinct: [],
          topK: [],
          groupBy: ['model'],
        },
      ],
      rollups: [{ name: 'per-minute-by-model', of: 'per-minute', levels: [['model']], parts: DEFAULT_PARTS }],
      alerts: [],
      shapes: [],
      devices: new Map(),
      deviceTable: false,
      dedupeHorizonMs: 600_000,
      dedupeByTime: false,
      maxClockSkewMs: 300_000,
      allowOldTimes: false,
      retentionMs: undefined,
    });
  });

  test('says for all aggregations how counters count, unless one says it for itself', () => {
    const counting = { window: { tumbling: '1m' }, aggregates: ['increase'] };
    const read = parsePipeline({
      counters: { dip: 0.1, carry: false },
      aggregations: [
        { name: 'a', ...counting },
        { name: 'b', ...counting, counters: { carry: true } },
      ],
    });
    expect(read.aggregations.map(({ counters }) => counters)).toEqual([
      { carry: false, dip: 0.1 },
      { carry: true, dip: 0.1 },
    ]);
  });

  test('may have windows of a calendar, and others that begin elsewhere than at the epoch', () => {
    const windows = [
      { calendar: 'week' },
      { calendar: 'week', timezone: 'Europe/Berlin', weekStart: 'sunday' },
      { tumbling: '7d', offset: '4d' },
      { hopping: { size: '1h', every: '5m', offset: '1m' } },
      { hopping: { size: '1h', every: '5m' }, offset: '1m' },
      { tumbling: '7d', offset: '0s' },
    ];
    const aggregations = windows.map((window, at) => ({ name: `a${at}`, window }));
    expect(parsePipeline({ aggregations }).aggregations.map(({ window }) => window)).toEqual([
      { kind: 'calendar', unit: 'week', timezone: 'UTC', weekStart: 1 },
      { kind: 'calendar', unit: 'week', timezone: 'Europe/Berlin', weekStart: 0 },
      { kind: 'tumbling', sizeMs: 604_800_000, offsetMs: 345_600_000 },
      { kind: 'hopping', sizeMs: 3_600_000, everyMs: 300_000, offsetMs: 60_000 },
      { kind: 'hopping', sizeMs: 3_600_000, everyMs: 300_000, offsetMs: 60_000 },
      { kind: 'tumbling', sizeMs: 604_800_000 },
    ]);
  });

  test('needs no more than one aggregation, and fills in the rest', () => {
    const definition: PipelineDefinition = { aggregations: [MINUTE] };
    expect(definePipeline(definition)).toBe(definition);
    expect(parsePipeline(definition)).toMatchObject({
      aggregations: [{ allowedLatenessMs: 0, idleTimeoutMs: 600_000, groupBy: [] }],
      rollups: [],
      dedupeHorizonMs: 600_000,
      dedupeByTime: false,
      maxClockSkewMs: 300_000,
      allowOldTimes: false,
      retentionMs: undefined,
    });
  });

  test('may name everything', () => {
    const read = parsePipeline({
      aggregations: [
        {
          ...MINUTE,
          filter: { types: ['reading', '__proto__'], tags: { site: ['n', ''], zone: ['x'.repeat(256)] } },
          retention: '7d',
          values: ['t', '__proto__', 't'],
          aggregates: ['last', 'count', 'stddev', 'rate', 'quantiles'],
          relativeError: 0.02,
          distinct: ['source', 'id', 'tags.match'],
          topK: [
            { of: 'type', k: 3 },
            { of: 'values.tags.type', k: 100 },
          ],
        },
        { name: 'sliding', window: { hopping: { size: '1h', every: '5m' } } },
        { name: 'sessions', window: { session: { gap: '30m' } }, aggregates: ['variance', 'increase'] },
      ],
      rollups: [
        { name: 'r1', of: 'per-minute', by: ['site', 'model'] },
        { name: 'r2', of: 'per-minute', levels: ['zone', 'model', 'line'], parts: 1 },
        { name: 'r3', of: 'sliding', by: [], parts: 256 },
      ],
      dedupe: { horizon: '0s' },
      maxClockSkew: '0s',
      retention: '30d',
    });
    expect(read.aggregations[0]).toMatchObject({
      filter: {
        types: new Set(['reading', '__proto__']),
        tags: new Map([
          ['site', new Set(['n', ''])],
          ['zone', new Set(['x'.repeat(256)])],
        ]),
      },
      retentionMs: 7 * 86_400_000,
      values: new Set(['t', '__proto__']),
      keep: { samples: true, squares: true, increase: true, quantiles: 0.02 },
      distinct: [
        { kind: 'source', name: '' },
        { kind: 'id', name: '' },
        { kind: 'tag', name: 'match' },
      ],
      topK: [
        { of: { kind: 'type' }, k: 3 },
        { of: { kind: 'value', name: 'tags.type' }, k: 100 },
      ],
      groupBy: ['line', 'model', 'site', 'zone'],
    });
    expect(read.aggregations.slice(1)).toMatchObject([
      {
        window: { kind: 'hopping', sizeMs: 3_600_000, everyMs: 300_000 },
        filter: undefined,
        retentionMs: 30 * 86_400_000,
        keep: { samples: false, squares: false, increase: false, quantiles: undefined },
        groupBy: [],
      },
      { window: { kind: 'session', gapMs: 1_800_000 }, keep: { squares: true, increase: true } },
    ]);
    expect(read).toMatchObject({ dedupeHorizonMs: 0, maxClockSkewMs: 0, retentionMs: 30 * 86_400_000 });
    expect(read.rollups).toEqual([
      { name: 'r1', of: 'per-minute', levels: [['site', 'model']], parts: DEFAULT_PARTS },
      {
        name: 'r2',
        of: 'per-minute',
        levels: [['zone'], ['zone', 'model'], ['zone', 'model', 'line']],
        parts: 1,
      },
      { name: 'r3', of: 'sliding', levels: [[]], parts: 256 },
    ]);
  });
});

const NAME = 'expected 1 to 64 letters, digits, "-", "_" or "."';
const duration = (least: number) =>
  `expected a duration of ${least} ms to 366 days, e.g. "250ms", "10s", "5m", "1h", "2d"`;
const ONE_OF_THEM = 'expected one of them, a list of tag names, e.g. ["site"]';
const FIELD = 'expected "source", "type", "id", "tags.NAME" or "values.NAME"';
const hopping = (size: unknown, every: unknown) => aggregation({ window: { hopping: { size, every } } });
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
    'agregations: unknown key, expected one of aggregations, rollups, alerts, shapes, devices, dedupe, maxClockSkew, allowOldTimes, retention, counters',
  ],
  [
    aggregation({ lateness: '1h' }),
    'aggregations[0].lateness: unknown key, expected one of name, window, filter, allowedLateness, idleTimeout, retention, values, aggregates, relativeError, counters, states, hold, distinct, topK',
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
    'aggregations[0].window.every: unknown key, expected one of tumbling, hopping, calendar, session, offset, timezone, weekStart',
  ],
  [
    aggregation({ window: { hopping: '1m' } }),
    'aggregations[0].window.hopping: found "1m", expected an object',
  ],
  [hopping('1m', undefined), `aggregations[0].window.hopping.every: missing, ${duration(1)}`],
  [hopping('x', '1m'), `aggregations[0].window.hopping.size: found "x", ${duration(1)}`],
  [hopping(undefined, '1ms'), `aggregations[0].window.hopping.size: missing, ${duration(1)}`],
  [
    aggregation({ states: [{ of: 'mode', among: ['run'], max: 3 }] }),
    'aggregations[0].states[0].max: found beside "among", expected one of them',
  ],
  [
    aggregation({ states: [{ of: 'mode' }, { of: 'mode' }] }),
    'aggregations[0].states[1].of: found "mode" a second time, expected another name',
  ],
  [aggregation({ states: [{}] }), 'aggregations[0].states[0].of: missing, expected the name of a value'],
  [
    aggregation({ states: [{ of: 'mode', max: 65 }] }),
    'aggregations[0].states[0].max: found 65, expected a whole number of 1 to 64',
  ],
  [
    aggregation({ states: Array.from({ length: 9 }, (_, at) => ({ of: `s${at}` })) }),
    'aggregations[0].states: found a list of 9, expected a list of 1 to 8',
  ],
  [
    aggregation({ hold: '5m' }),
    'aggregations[0].hold: found without "states", and without "timeWeightedMean" among the aggregates, expected one of them',
  ],
  [
    aggregation({ counters: { dip: 0.1 } }),
    'aggregations[0].counters: found without "increase" or "rate" among the aggregates, expected both',
  ],
  [
    aggregation({ aggregates: ['rate'], counters: { dip: 1.5 } }),
    'aggregations[0].counters.dip: found 1.5, expected a number of 0 to 1',
  ],
  [
    aggregation({ aggregates: ['rate'], counters: { carry: 'no' } }),
    'aggregations[0].counters.carry: found "no", expected true or false',
  ],
  [
    aggregation({ window: { tumbling: '1m', offset: '60s' } }),
    'aggregations[0].window.offset: found "60s", expected less than the size',
  ],
  [
    aggregation({ window: { hopping: { size: '1h', every: '5m', offset: '1m' }, offset: '1m' } }),
    'aggregations[0].window.offset: found twice, expected it beside hopping or within it',
  ],
  [
    aggregation({ window: { hopping: { size: '1h', every: '1m', offset: '1m' } } }),
    'aggregations[0].window.hopping.offset: found "1m", expected less than every',
  ],
  [
    aggregation({ window: { session: { gap: '1m' }, offset: '1s' } }),
    'aggregations[0].window.offset: found with session, expected it with tumbling or hopping only',
  ],
  [
    aggregation({ window: { tumbling: '1m', timezone: 'UTC' } }),
    'aggregations[0].window.timezone: found with tumbling, expected it beside calendar only',
  ],
  [
    aggregation({ window: { calendar: 'year' } }),
    'aggregations[0].window.calendar: found "year", expected one of day, week, month',
  ],
  [
    aggregation({ window: { calendar: 'day', timezone: 'Berlin' } }),
    'aggregations[0].window.timezone: found "Berlin", expected an IANA name, e.g. "Europe/Berlin" or "UTC"',
  ],
  [
    aggregation({ window: { calendar: 'day', weekStart: 'sunday' } }),
    'aggregations[0].window.weekStart: found with a calendar of day, expected it with "week" only',
  ],
  [
    hopping('1m', '61s'),
    'aggregations[0].window.hopping.every: found "61s", expected at most the size, "1m", and at least a 64th of it',
  ],
  [
    hopping('65s', '1s'),
    'aggregations[0].window.hopping.every: found "1s", expected at most the size, "65s", and at least a 64th of it',
  ],
  [
    aggregation({ window: { hopping: { size: '1m', every: '1m', gap: '1s' } } }),
    'aggregations[0].window.hopping.gap: unknown key, expected one of size, every, offset',
  ],
  [
    aggregation({ window: { hopping: { size: '1m', every: '1m' }, tumbling: '1m' } }),
    'aggregations[0].window: found {"hopping":{"size":"1m","every":"1m"},"tumbling":"1m"}, expected one of tumbling, hopping, calendar, session',
  ],
  [
    aggregation({ window: { session: { gap: '1m' }, hopping: { size: '1m', every: '1m' } } }),
    'aggregations[0].window: found {"session":{"gap":"1m"},"hopping":{"size":"1m","every":"1m"}}, expected one of tumbling, hopping, calendar, session',
  ],
  [aggregation({ window: { session: {} } }), `aggregations[0].window.session.gap: missing, ${duration(1)}`],
  [
    aggregation({ window: { session: { gap: '1m', size: '1m' } } }),
    'aggregations[0].window.session.size: unknown key, expected one of gap',
  ],
  [aggregation({ filter: 'reading' }), 'aggregations[0].filter: found "reading", expected an object'],
  [aggregation({ filter: {} }), 'aggregations[0].filter: found {}, expected types or tags'],
  [
    aggregation({ filter: { type: ['reading'] } }),
    'aggregations[0].filter.type: unknown key, expected one of types, tags',
  ],
  [
    aggregation({ filter: { types: [] } }),
    'aggregations[0].filter.types: found [], expected a list of 1 to 64 texts',
  ],
  [
    aggregation({ filter: { types: [''] } }),
    'aggregations[0].filter.types[0]: found "", expected a text of 1 to 64 characters',
  ],
  [
    aggregation({ filter: { tags: {} } }),
    'aggregations[0].filter.tags: found {}, expected at least one name',
  ],
  [
    aggregation({ filter: { tags: { site: 'n' } } }),
    'aggregations[0].filter.tags.site: found "n", expected a list of 1 to 64 texts',
  ],
  [
    aggregation({ filter: { tags: { site: ['x'.repeat(257)] } } }),
    `aggregations[0].filter.tags.site[0]: found "${'x'.repeat(76)}..., expected a text of 0 to 256 characters`,
  ],
  [aggregation({ retention: '59m' }), `aggregations[0].retention: found "59m", ${duration(3_600_000)}`],
  [
    aggregation({ relativeError: 0.02 }),
    'aggregations[0].relativeError: found without "quantiles" among the aggregates, expected both',
  ],
  [
    aggregation({ aggregates: ['quantiles'], relativeError: 0.3 }),
    'aggregations[0].relativeError: found 0.3, expected a number of 0.001 to 0.2',
  ],
  [
    aggregation({ aggregates: ['quantiles'], relativeError: '1%' }),
    'aggregations[0].relativeError: found "1%", expected a number of 0.001 to 0.2',
  ],
  [aggregation({ distinct: ['time'] }), `aggregations[0].distinct[0]: found "time", ${FIELD}`],
  [aggregation({ distinct: ['tags.'] }), `aggregations[0].distinct[0]: found "tags.", ${FIELD}`],
  [
    aggregation({ distinct: ['id', 'type', 'source', 'tags.a', 'tags.b'] }),
    'aggregations[0].distinct: found 5, expected at most 4',
  ],
  [aggregation({ topK: 'type' }), 'aggregations[0].topK: found "type", expected a list of 1 to 4'],
  [
    aggregation({ topK: Array.from({ length: 5 }, (_, at) => ({ of: `tags.${at}`, k: 1 })) }),
    'aggregations[0].topK: found a list of 5, expected a list of 1 to 4',
  ],
  [aggregation({ topK: [{ k: 1 }] }), `aggregations[0].topK[0].of: missing, ${FIELD}`],
  [
    aggregation({ topK: [{ of: 'type', k: 0 }] }),
    'aggregations[0].topK[0].k: found 0, expected a whole number of 1 to 100',
  ],
  [
    aggregation({ topK: [{ of: 'type', k: 1.5 }] }),
    'aggregations[0].topK[0].k: found 1.5, expected a whole number of 1 to 100',
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
    'aggregations[0].aggregates[1]: found "median", expected one of count, sum, min, max, mean, first, last, variance, stddev, increase, rate, quantiles, timeWeightedMean',
  ],
  [
    { aggregations: [MINUTE, MINUTE] },
    'aggregations[1].name: found "per-minute" a second time, expected a name of its own',
  ],
  [{ aggregations: [MINUTE], rollups: {} }, 'rollups: found {}, expected a list of 0 to 32'],
  [
    rollups({ ...rollup, key: 1 }),
    'rollups[0].key: unknown key, expected one of name, of, by, levels, parts',
  ],
  [
    rollups({ ...rollup, of: 'hourly' }),
    'rollups[0].of: found "hourly", expected the name of an aggregation: "per-minute"',
  ],
  [rollups({ ...rollup, of: undefined }), `rollups[0].of: missing, ${NAME}`],
  [rollups({ ...rollup, name: 7 }), `rollups[0].name: found 7, ${NAME}`],
  [rollups({ ...rollup, by: undefined }), `rollups[0].by: found neither by nor levels, ${ONE_OF_THEM}`],
  [rollups({ ...rollup, levels: ['a'] }), `rollups[0].by: found by and levels, ${ONE_OF_THEM}`],
  [
    rollups({ ...rollup, by: undefined, levels: [] }),
    'rollups[0].levels: found [], expected a list of 1 to 64 texts',
  ],
  [
    rollups({ ...rollup, by: Array.from({ length: 9 }, (_, at) => `t${at}`) }),
    'rollups[0].by: found 9 tags, expected at most 8',
  ],
  [rollups({ ...rollup, parts: 0 }), 'rollups[0].parts: found 0, expected a whole number of 1 to 256'],
  [
    rollups({ ...rollup, by: ['\ud800'] }),
    'rollups[0].by[0]: found "\\ud800", expected a text of 1 to 64 characters',
  ],
  [
    { aggregations: [{ ...MINUTE, window: { session: { gap: '1m' } } }], rollups: [rollup] },
    'rollups[0].of: found "per-minute", whose windows are sessions, expected one with tumbling, hopping or calendar windows: sessions of two sources have no windows in common',
  ],
  [rollups({ ...rollup, by: [3] }), 'rollups[0].by[0]: found 3, expected a text of 1 to 64 characters'],
  [rollups(rollup, rollup), 'rollups[1].name: found "r" a second time, expected a name of its own'],
  [{ aggregations: [MINUTE], dedupe: '10m' }, 'dedupe: found "10m", expected an object'],
  [
    { aggregations: [MINUTE], dedupe: { horison: '1m' } },
    'dedupe.horison: unknown key, expected one of horizon, by',
  ],
  [{ aggregations: [MINUTE], dedupe: { horizon: 'ten' } }, `dedupe.horizon: found "ten", ${duration(0)}`],
  [{ aggregations: [MINUTE], allowOldTimes: 'yes' }, 'allowOldTimes: found "yes", expected true or false'],
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

  test('everything wrong is told at once', () => {
    const definition = { aggregations: [{ name: '', window: { tumbling: 1 } }], rolups: [] };
    expect(problemsOf(definition)).toEqual([
      'rolups: unknown key, expected one of aggregations, rollups, alerts, shapes, devices, dedupe, maxClockSkew, allowOldTimes, retention, counters',
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
