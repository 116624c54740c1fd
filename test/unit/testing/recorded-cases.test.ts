// Recorded cases: what holds is told to hold, and every wrong expectation is told with what is found in its place.
import { describe, expect, it } from 'vitest';
import { describeCase } from '../../../src/testing/describe-case.ts';
import { readRecordedCase } from '../../../src/testing/recorded-case.ts';
import { CASE_VARIANTS, runCase } from '../../../src/testing/run-case.ts';
import { type CaseFiles, caseFolder } from '../../support/case-folder.ts';

const T0 = Date.UTC(2026, 0, 1);
const [M1, M2, M3] = [T0 + 60_000, T0 + 120_000, T0 + 180_000];

/** Two sites, each event with one value; the last one comes from yesterday. */
const USUAL: CaseFiles = {
  pipeline: {
    aggregations: [
      {
        name: 'm',
        window: { tumbling: '60s' },
        aggregates: ['count', 'sum', 'quantiles'],
        distinct: ['type'],
      },
    ],
    rollups: [{ name: 'site', of: 'm', by: ['site'] }],
    alerts: [{ name: 'hot', on: { aggregation: 'm' }, metric: 't', aggregate: 'max', when: { above: 80 } }],
  },
  events: [
    { source: 'a', id: 1, time: T0, values: { t: 20 }, tags: { site: 'x, y' } },
    { source: 'b', id: 1, time: T0 + 1_000, values: { t: 90 }, tags: { site: 'x, y' } },
    { source: 'a', id: 1, time: T0, values: { t: 20 }, tags: { site: 'x, y' } },
    { source: 'a', id: 2, time: M2, values: { t: 30.5 }, tags: { site: 'z' } },
    { source: 'a', id: 3, time: T0 + 5_000, values: { t: 40 }, arrivedAt: M2 },
    { source: 'a', id: 4, values: { t: 1 } },
  ],
  expected: [
    `window,m|a,${T0},${M1},,events,1`,
    `window,m|a,${T0},${M1},t,sum,20`,
    `window,m|a,${M2},${M3},t,max,30.5`,
    `window,m|a,${M2},${M3},t,p50,30.5,0.01`,
    `window,m|a,${M1},${M2},t,sum,absent`,
    `window,m|b,${T0},${M1},,final,true`,
    `window,m|b,${T0},${M1},type,distinct,1`,
    `rollup,"site|[""x, y""]",${T0},${M1},t,sum,110`,
    `rollup,"site|[""x, y""]",${T0},${M1},,final,1`,
    'alert,hot/source|m|b/1,,,hot,ok->firing,*',
    `alert,hot/source|m|b/1,${T0},${M1},,ok->firing,90`,
    'alert,hot/source|m|b/2,,,,firing->resolved,absent',
    'letter,a,,,,late,1',
    'letter,a,,,,time,1',
    'letter,,,,,late,1',
    'ledger,,,,,received,6',
    'ledger,,,,,applied,3',
    'ledger,,,,,duplicate,1',
    'ledger,,,,,late,1',
    'ledger,,,,,quarantined,1',
    'ledger,b,,,,applied,1',
  ],
};

async function outcomeOf(files: CaseFiles) {
  const result = await runCase(await readRecordedCase(await caseFolder('usual', files)));
  return { result, text: describeCase(result) };
}

/** The rows that differ, all of them in every variant. */
async function differencesOf(files: CaseFiles): Promise<readonly string[]> {
  const { result } = await outcomeOf(files);
  expect(result.failures.map(({ variants }) => variants)).toEqual([CASE_VARIANTS.map(({ name }) => name)]);
  return result.failures.flatMap(({ differences }) =>
    differences.map(({ row, expected, found }) => `${row}: expected ${expected}, found ${found}`),
  );
}

describe('a case that holds', () => {
  it('is told in a line, whatever kinds of rows it expects', async () => {
    const { text, result } = await outcomeOf(USUAL);
    expect(text).toBe('ok usual\n');
    expect(result).toEqual({ name: 'usual', variants: 12, failures: [] });
  });

  it('may come as Kinesis records, with controls between them', async () => {
    const record = (sequence: string, event: object) => ({
      Data: Buffer.from(JSON.stringify(event)).toString('base64'),
      PartitionKey: 'a',
      SequenceNumber: sequence,
      ApproximateArrivalTimestamp: T0 / 1_000,
      ShardId: 'shardId-000000000007',
    });
    const { text } = await outcomeOf({
      ...USUAL,
      events: [
        record('7', { source: 'a', time: T0, id: 1 }),
        { $flush: true },
        record('9', { source: 'a', time: T0, id: 1 }),
      ],
      expected: ['ledger,,,,,applied,1', 'ledger,,,,,duplicate,1'],
    });
    expect(text).toBe('ok usual\n');
  });

  it('carries its lines as they are: a number that no double holds gets there', async () => {
    const { text } = await outcomeOf({
      ...USUAL,
      events: [
        `{"source":"a","time":${T0},"id":9007199254740993}`,
        `{"source":"a","source":"b","time":${T0}}`,
      ],
      expected: ['letter,a,,,,id,1', 'ledger,b,,,,applied,1'],
    });
    expect(text).toBe('ok usual\n');
  });

  it('carries what is no JSON for a bare NaN or Infinity, at the arrival the line names', async () => {
    const { text } = await outcomeOf({
      ...USUAL,
      events: [
        `{"source":"a","time":${T0},"values":{"t":NaN},"arrivedAt":${M3}}`,
        `{"source":"a","time":${T0},"values":{"t":1,"u": -Infinity }}`,
        `{"source":"a","time":${M3},"values":{"t":2}}`,
        `{"source":"a","type":"is :NaN, here","time":${M3},"values":{"t":3}}`,
      ],
      expected: [
        'letter,,,,,not-json,2',
        'ledger,,,,,quarantined,2',
        'ledger,a,,,,applied,2',
        `window,m|a,${M3},${M3 + 60_000},t,sum,5`,
      ],
    });
    expect(text).toBe('ok usual\n');
  });
});

describe('a wrong expectation is told with what is found', () => {
  const [first = '', ...others] = USUAL.expected;
  const planted = (row: string): CaseFiles => ({ ...USUAL, expected: [row, ...others] });

  it.each([
    ['a window', `window,m|a,${T0},${M1},,events,2`, `window,m|a,${T0},${M1},,events: expected 2, found 1`],
    [
      'a window that is not there',
      `window,m|c,${T0},${M1},t,sum,2`,
      `window,m|c,${T0},${M1},t,sum: expected 2, found absent`,
    ],
    [
      'a window that is there',
      `window,m|a,${T0},${M1},t,sum,absent`,
      `window,m|a,${T0},${M1},t,sum: expected absent, found 20`,
    ],
    [
      'a sum that is off by 1e-11',
      `window,m|a,${T0},${M1},t,sum,20.0000000002`,
      `window,m|a,${T0},${M1},t,sum: expected 20.0000000002, found 20`,
    ],
    [
      'a tolerance that is too tight',
      `window,m|a,${T0},${M1},t,sum,21,0.04`,
      `window,m|a,${T0},${M1},t,sum: expected 21, found 20`,
    ],
    [
      'a rollup',
      `rollup,"site|[""x, y""]",${T0},${M1},,final,false`,
      `rollup,"site|[""x, y""]",${T0},${M1},,final: expected false, found 1`,
    ],
    [
      'a transition that is another',
      'alert,hot/source|m|b/1,,,,ok->pending,*',
      `alert,hot/source|m|b/1,,,,ok->pending: expected *, found absent; there is alert,hot/source|m|b/1,${T0},${M1},hot,ok->firing`,
    ],
    [
      'a transition of another rule',
      'alert,hot/source|m|b/1,,,cold,ok->firing,*',
      `alert,hot/source|m|b/1,,,cold,ok->firing: expected *, found absent; there is alert,hot/source|m|b/1,${T0},${M1},hot,ok->firing`,
    ],
    ['a letter', 'letter,a,,,,late,2', 'letter,a,,,,late: expected 2, found 1'],
    ['a letter of nobody', 'letter,b,,,,late,1', 'letter,b,,,,late: expected 1, found absent'],
    ['the books', 'ledger,,,,,duplicate,0', 'ledger,,,,,duplicate: expected 0, found 1'],
  ])('%s', async (_, row, told) => {
    expect(first).not.toBe('');
    expect(await differencesOf(planted(row))).toEqual([told]);
  });

  it('reads well: the row expected above the row found', async () => {
    const { text } = await outcomeOf(planted(`window,m|a,${T0},${M1},,events,2`));
    expect(text).toBe(
      [
        'FAILED usual',
        '  in each of 12 runs: 1 row differs (- expected, + found)',
        `  - window,m|a,${T0},${M1},,events,2`,
        `  + window,m|a,${T0},${M1},,events,1`,
        '',
      ].join('\n'),
    );
  });
});

describe('with #only', () => {
  const events = (row: string) => `${row},,events,1`;
  const named = {
    ...USUAL,
    only: 'window, letter',
    expected: [`window,m|a,${T0},${M1}`, `window,m|a,${M2},${M3}`, `window,m|b,${T0},${M1}`].map(events),
  };

  it('rows of the kinds with other aggregates than those named may be there', async () => {
    const letters = ['letter,a,,,,late,1', 'letter,a,,,,time,1'];
    expect((await outcomeOf({ ...named, expected: [...named.expected, ...letters] })).text).toBe(
      'ok usual\n',
    );
  });

  it('others are told, and of a kind without a row every one', async () => {
    expect(await differencesOf({ ...named, expected: named.expected.slice(1) })).toEqual([
      `window,m|a,${T0},${M1},,events: expected absent, found 1`,
      'letter,a,,,,time: expected absent, found 1',
      'letter,a,,,,late: expected absent, found 1',
    ]);
  });
});

describe('controls', () => {
  const silent = { name: 'gone', when: { absent: '10m' } };
  const WINDOWS = {
    aggregations: [{ name: 'm', window: { tumbling: '60s' }, idleTimeout: '10m', retention: '1h' }],
  };
  const at = (minute: number) => T0 + minute * 60_000;

  it('$close closes by silence and $clock fires by silence, each at its moment and not before', async () => {
    const pipeline = { ...WINDOWS, alerts: [silent] };
    const events = (closeMs: number) => [
      { source: 'a', time: T0, id: 1 },
      { $close: closeMs },
      { $clock: closeMs },
      { source: 'a', time: T0 + 1_000, id: 2, arrivedAt: closeMs + 1 },
    ];
    const before = await outcomeOf({
      pipeline,
      events: events(at(10) - 1),
      expected: ['ledger,,,,,late,0', 'alert,gone/source||a/1,,,,ok->firing,absent'],
    });
    expect(before.text).toBe('ok usual\n');
    const after = await outcomeOf({
      pipeline,
      events: events(at(11)),
      expected: ['ledger,,,,,late,1', 'alert,gone/source||a/1,,,,ok->firing,*'],
    });
    expect(after.text).toBe('ok usual\n');
  });

  it('$pipeline deploys another definition, for what comes from there on', async () => {
    const { text } = await outcomeOf({
      pipeline: WINDOWS,
      pipelines: {
        'second.json': { aggregations: [...WINDOWS.aggregations, { name: 'h', window: { tumbling: '1h' } }] },
      },
      events: [{ source: 'a', time: T0 }, { $pipeline: 'second.json' }, { source: 'a', time: T0 + 1 }],
      expected: [`window,m|a,${T0},${M1},,events,2`, `window,h|a,${T0},${at(60)},,events,1`],
    });
    expect(text).toBe('ok usual\n');
  });

  it('$expire takes away what has expired, and nothing before', async () => {
    const kept = (expireMs: number) => ({
      pipeline: WINDOWS,
      events: [{ source: 'a', time: T0 }, { source: 'a', time: at(2) }, { $expire: expireMs }],
      expected: [
        `window,m|a,${T0},${M1},,events,${expireMs < at(61) ? 1 : 'absent'}`,
        `window,m|a,${at(2)},${at(3)},,events,1`,
      ],
    });
    expect((await outcomeOf(kept(at(61) - 1))).text).toBe('ok usual\n');
    expect((await outcomeOf(kept(at(62)))).text).toBe('ok usual\n');
  });
});

it('a definition that the pipeline cannot be made of is the case’s failure, in the words of its reader', async () => {
  const { text } = await outcomeOf({
    ...USUAL,
    pipeline: { aggregations: [{ name: 'm', window: { tumbling: '60s' }, latenes: '1h' }] },
  });
  expect(text).toMatch(
    /^FAILED usual\n {2}.*pipeline\.json: pipeline definition: aggregations\[0\]\.latenes: unknown key/,
  );
});

describe('a folder that is no case is told with file and line', () => {
  it.each([
    ['no expectation', { expected: ['window,m|a'] }, /expected\.csv, line 2: found 2 fields, expected kind,/],
    [
      'an unknown kind',
      { expected: ['widow,m|a,0,1,,events,1'] },
      /line 2: found the kind "widow", expected one of window,/,
    ],
    [
      'a value that is none',
      { expected: ['window,m|a,0,1,,events,one'] },
      /line 2: value: found "one", expected a number/,
    ],
    [
      'a time that is none',
      { expected: ['window,m|a,now,1,,events,1'] },
      /line 2: start: found "now", expected ms/,
    ],
    [
      'an unknown control',
      { events: [{ $stop: 1 }] },
      /events\.ndjson, line 1: found the control "\$stop", expected \$close/,
    ],
    [
      'a control without its moment',
      { events: [{ $close: '1h' }] },
      /line 1: \$close: found the text "1h", expected ms/,
    ],
    [
      'a pipeline that is not there',
      { events: [{ $pipeline: 'other.json' }] },
      /found no readable other\.json/,
    ],
    ['no events at all', { events: [] }, /events\.ndjson: found no line, expected an event a line/],
    ['a web page for events', { events: ['<!DOCTYPE html>'] }, /events\.ndjson: found an HTML page/],
    ['a line that is no JSON', { events: ['{"source":'] }, /line 1: found "\{\\"source\\":", expected JSON/],
  ])('%s', async (_, part, message) => {
    await expect(caseFolder('broken', { ...USUAL, ...part }).then(readRecordedCase)).rejects.toThrow(message);
  });
});
