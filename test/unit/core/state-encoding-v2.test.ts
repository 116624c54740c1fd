// States and windows as the second form had them: they are read, and go on in the present one.
import { describe, expect, test } from 'vitest';
import { emptySum, roundSum } from '../../../src/core/exact-sum.ts';
import { foldEvents } from '../../../src/core/fold.ts';
import { parsePipeline } from '../../../src/core/pipeline/parse-pipeline.ts';
import type { SourceState } from '../../../src/core/source-state.ts';
import { emptySourceState } from '../../../src/core/source-state.ts';
import { decodeState } from '../../../src/core/state-encoding.ts';
import { decodeStoredWindow, summarizeStored } from '../../../src/core/stored-window.ts';
import { batchOf, eventOf } from '../../support/events.ts';
import { comparableState } from '../../support/stream-runner.ts';
import { withoutChains } from '../../support/without-chains.ts';

const PIPELINE = parsePipeline({
  aggregations: [
    {
      name: 'short',
      window: { tumbling: '10s' },
      allowedLateness: '5s',
      aggregates: ['count', 'sum', 'first', 'last', 'stddev', 'increase', 'quantiles'],
      distinct: ['id'],
      topK: [{ of: 'tags.site', k: 2 }],
    },
    {
      name: 'visit',
      window: { session: { gap: '4s' } },
      allowedLateness: '1s',
      aggregates: ['increase', 'quantiles'],
    },
    { name: 'hop', window: { hopping: { size: '20s', every: '10s' } } },
  ],
  rollups: [
    { name: 'by-site', of: 'short', by: ['site'] },
    { name: 'all', of: 'short', by: [] },
  ],
  dedupe: { horizon: '30s' },
});

/** What was folded into the states below. */
const EVENTS = [
  eventOf({ time: 1_000, id: '1', values: { c: 5, v: 0.1 }, tags: { site: 'n' } }),
  eventOf({ time: 2_000, id: '2', values: { c: 7, v: -2.5 }, tags: { site: 's' } }),
  eventOf({ time: 3_000, id: 'x "y"', values: { c: 3 }, tags: { site: 'n' } }),
  eventOf({ time: 12_000, id: '4', values: { c: 10, v: 0 }, tags: { site: 'n' } }),
  eventOf({ time: 11_000, id: '5', values: { c: 9, v: 1e6 }, tags: { site: 'n' } }),
  eventOf({ time: 17_000, id: '6', values: { c: 12.5 }, tags: { site: 's' } }),
  eventOf({ time: 4_000, id: '7', values: { c: 4 }, tags: { site: 's' } }),
];

// As they were stored: after the first five events, and after all.
const AFTER_FIVE =
  'AgUFAAAAwLsB4MIJAwRzaXRlAWMBdsEFAQEDCigAFtAPA9APANAPAQV4ICJ5ItCMAQbPDwADBXNob3J0BnQxMDAwMAEAAI9OAr+7' +
  'AZBOAgEBAW4CBQECDzBQAIAB6AcAUAC4FwIwAAAAoAQSAAJuGgA0AAQB0A8BCqAfAgMCAQ8REQAR6AcAEQDoBwARAAACR7wuuFHr' +
  'hR64Rz+EeuFHrhR8EgAB5QEAAAACANAPAREBAmlkApYKAawKAwEJdGFncy5zaXRlAgABAW4EAQEBcwEFAQEPcHAAcNAPAXAA0A8B' +
  'cAAAAJAGEgABxAEAAAACAaAfAA4CAQ+JA4kDAIkD0A8BiQMA0A8BiQMAAACSThIAAAFcAAACAKAfAIkDAQJpZAGIGwEBCXRhZ3Mu' +
  'c2l0ZQIAAQFzAp8fkE4BAQEBbgIFAQIPkAGgAQCwAvhVBJABAOBdA6ABAAAA0BYSAALcAQYADAAEAfCrAQYS0A8DAgICDwCAyNAH' +
  'AIDI0Af4VQSAyNAHAOBdAwAAAACAgMTS1NEDEgEB5goAAAAEAfCrAQaAiXrQDwP/iHoBAmlkAp8DBK8RAQEJdGFncy5zaXRlAgAB' +
  'AW4EBXZpc2l0BXM0MDAwAADPDwHPD4gnAQACBAECDJABoAEAsAISAALcAQYADAAEAfCrAQYS0A8DAgICDACAyNAHAIDI0AcSAQHm' +
  'CgAAAAQB8KsBBoCJetAPA/+IegNob3AMaDIwMDAwLzEwMDAwAAAAAr+7AaCcAQEABQQBBQAwoAEAoAQCBACJA4DI0AcEF7yYJz25' +
  'maCBzaVMnx+gnAEBAAIEAQIAkAGgAQCwAgICAACAyNAHAIDI0AcAAQV2aXNpdAVzNDAwMAABAO+rAfAuAQADBAEDDDBwAPABEgAD' +
  'bisANCIABgHQDwEK0A8ABAAABwICDIkDEQIXvJj5AhIAAeUBAAABXAAABADQDwER0A8AiQMA';
const AFTER_ALL =
  'AgcHAAAA0IkC0PQIAwRzaXRlAWMBdsYGAQEDCjwAHdAPA9APANAPAQV4ICJ5ItCMAQbPDwDgXQCPywEAAwVzaG9ydAZ0MTAwMDAB' +
  'AAGPTgGvbZBOAgEBAW4CBQECD5ABoAEAsAL4VQSQAQDgXQOgAQAAANAWEgAC3AEGAAwABAHwqwEGEtAPAwICAg8AgMjQBwCAyNAH' +
  '+FUEgMjQBwDgXQMAAAAAgIDE0tTRAxIBAeYKAAAABAHwqwEGgIl60A8D/4h6AQJpZAKfAwSvEQEBCXRhZ3Muc2l0ZQIAAQFuBAEB' +
  'AXMBAwEBD9EP0Q8A0Q/ohAEF0Q8A6IQBBdEPAAAAkqEPEgAB/gEAAAACANCJAgjRDwECaWQB5w8BAQl0YWdzLnNpdGUCAAEBcwIF' +
  'dmlzaXQFczQwMDAAAc8PAQCgHwEAAQIBAQzRD9EPANEPEgAB/gEAAAACANCJAgjRDwNob3AMaDIwMDAwLzEwMDAwAAAAAs+JAqCc' +
  'AQEABwQBBwAw0Q8AkT8CBACJA4DI0AcEF7yYJz25maCBzaVMr22gnAEBAAMEAQMAkAHRDwCxJwICAACAyNAHAIDI0AcAAgV2aXNp' +
  'dAVzNDAwMAAFc2hvcnQGdDEwMDAwAQADAP/5AfAuAQADBAEDDDBwAPABEgADbisANCIABgHQDwEK0A8ABAAABwICDIkDEQIXvJj5' +
  'AhIAAeUBAAABXAAABADQDwER0A8AiQMBz4kCkE4CAQEBbgIFAQIPMFAAgAHoBwBQALgXAjAAAACgBBIAAm4aADQABAHQDwEKoB8C' +
  'AwIBDxERABHoBwARAOgHABEAAAJHvC64UeuFHrhHP4R64UeuFHwSAAHlAQAAAAIA0A8BEQECaWQClgoBrAoDAQl0YWdzLnNpdGUC' +
  'AAEBbgQBAQFzAQUBAQ9wcABw0A8BcADQDwFwAAAAkAYSAAHEAQAAAAIBoB8ADgIBD4kDiQMAiQPQDwGJAwDQDwGJAwAAAJJOEgAA' +
  'AVwAAAIAoB8AiQMBAmlkAYgbAQEJdGFncy5zaXRlAgABAXMCAN9diCcBAAIEAQIMkAGgAQCwAhIAAtwBBgAMAAQB8KsBBhLQDwMC' +
  'AgIMAIDI0AcAgMjQBxIBAeYKAAAABAHwqwEGgIl60A8D/4h6AA==';

const CLOSED_WINDOWS = {
  'source|visit|a': 'AugH8C4BAAACAWMBdi8DBAADFDBwAPABEgADbisANCIAAFABAhSJAxECF7yY+QISAAHlAQAAAVwAAACJAw==',
  'source|short|a':
    'AgCQTgEAAAIBYwF2egMFAAMXMHAA8AHoBwBQALgXAjAAAACwChIAA24rADQiAABQAQIXiQMRAhe8mPkC6AcAEQDQDwGJAwAABEe8' +
    'LrhR64UeuBc8r6JOEgAB5QEAAAFcAAAAiQMBAmlkA5YKAawKA8YGAQEJdGFncy5zaXRlAgACAW4EAXMC',
};
const ROLLUP_PARTS = {
  'rollup|by-site|["n"]':
    'AgCQTgENAQFhAgIBYwF2dQIFAAIXMFAAgAHoBwBQAQFhuBcCMAEBYQAAoAQSAAJuGgA0AAAwAQEXEREAEegHABEBAWHoBwARAQFh' +
    'AAJHvC64UeuFHrhHP4R64UeuFHwSAAHlAQAAAAAAAQJpZAKWCgGsCgMBCXRhZ3Muc2l0ZQIAAQFuBA==',
  'rollup|by-site|["s"]':
    'AgCQTgENAQFhAgIBYwF2ZQEFAAEXcHAAcNAPAXABAWHQDwFwAQFhAACQBhIAAcQBAAAAAAABAReJA4kDAIkD0A8BiQMBAWHQDwGJ' +
    'AwEBYQAAkk4SAAABXAAAAAABAmlkAYgbAQEJdGFncy5zaXRlAgABAXMC',
  'rollup|all|[]':
    'AgCQTgENAQFhAgIBYwF2gQEDBQADFzBwAPAB6AcAUAEBYbgXAjABAWEAALAKEgADbisANCIAADABAheJAxECF7yY+QLoBwARAQFh' +
    '0A8BiQMBAWEABEe8LrhR64UeuBc8r6JOEgAB5QEAAAFcAAAAAAECaWQDlgoBrAoDxgYBAQl0YWdzLnNpdGUCAAIBbgQBcwI=',
};

const bytesOf = (text: string) => Buffer.from(text, 'base64');

function folded(count: number) {
  const batch = batchOf(EVENTS.slice(0, count), { firstRecord: 100, arrivalMs: 90_000 });
  return foldEvents(emptySourceState('a', PIPELINE), batch, PIPELINE).state;
}

/** Increases were taken of each combination of tags by itself then. */
function withoutCounters(state: SourceState): unknown {
  const { aggregations, ...rest } = withoutChains(comparableState(state, PIPELINE));
  return {
    ...rest,
    aggregations: aggregations.map(({ trails, windows, ...aggregation }) => ({
      ...aggregation,
      windows: windows.map(({ groups, start }) => ({
        start,
        groups: groups.map(({ metrics, ...group }) => ({
          ...group,
          metrics: metrics.map(({ increased, ...metric }) => metric),
        })),
      })),
    })),
  };
}

describe('a state stored in the second form', () => {
  test('is the state that its events make', () => {
    for (const [text, count] of [
      [AFTER_FIVE, 5],
      [AFTER_ALL, 7],
    ] as const) {
      const read = decodeState('a', bytesOf(text), PIPELINE);
      expect(withoutCounters(read)).toEqual(withoutCounters(folded(count)));
    }
  });

  test('goes on counting from the latest sample of each counter, and keeps what it had counted', () => {
    const batch = batchOf([eventOf({ time: 19_000, id: '9', values: { c: 20 }, tags: { site: 'n' } })], {
      firstRecord: 200,
      arrivalMs: 90_000,
    });
    const before = decodeState('a', bytesOf(AFTER_ALL), PIPELINE);
    const { state } = foldEvents(before, batch, PIPELINE);
    const counted = [...(state.open[0]?.windows.values() ?? [])].flatMap(({ groups }) =>
      groups.map(({ tags, metrics }) => [tags[0], roundSum(metrics[0]?.increased ?? emptySum())]),
    );
    // From 9 to 10 at site n before, and now from 12.5, which site s was the last to show.
    expect(counted).toEqual([
      ['n', 1 + 7.5],
      ['s', 0],
    ]);
  });

  test('knows of the sessions that its latest write closed: none reaches behind them', () => {
    const state = decodeState('a', bytesOf(AFTER_ALL), PIPELINE);
    const late = batchOf([eventOf({ time: 15_500, id: '8', values: { c: 11 } })], { firstRecord: 200 });
    const visit = foldEvents(state, late, PIPELINE).state.open.find(
      ({ aggregation }) => aggregation.name === 'visit',
    );
    expect(visit).toMatchObject({ sessionsEnd: 16_000, late: 2 });
  });
});

describe('a window stored in the second form', () => {
  test('is read with all its aggregates', () => {
    const series = 'source|short|a';
    const window = summarizeStored(decodeStoredWindow(series, bytesOf(CLOSED_WINDOWS[series])));
    expect(window).toMatchObject({ start: 0, end: 10_000, final: true, events: 3 });
    expect(window.metrics.get('c')).toMatchObject({ count: 3, sum: 15, first: 5, last: 3, increase: 5 });
    expect(window.distinct).toEqual(new Map([['id', 3]]));
  });

  test('is a part of a rollup as it was', () => {
    const series = 'rollup|all|[]';
    const part = decodeStoredWindow(series, bytesOf(ROLLUP_PARTS[series]));
    expect(part).toMatchObject({ start: 0, events: 3, final: true });
    expect([...part.marks]).toEqual([['a', { version: 1, open: false }]]);
  });
});
