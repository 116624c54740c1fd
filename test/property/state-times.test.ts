// Time in states, and means weighed by time, against all samples there are: what a sample says holds until the next one.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { observeSource } from '../../src/core/alerts/observe-change.ts';
import { closeAll } from '../../src/core/close-windows.ts';
import { MAX_COUNTER_SAMPLES } from '../../src/core/counter-trail.ts';
import type { TelemetryEvent } from '../../src/core/event.ts';
import { foldEvents } from '../../src/core/fold.ts';
import type { AggregationDefinition } from '../../src/core/pipeline/definition.ts';
import { parsePipeline } from '../../src/core/pipeline/parse-pipeline.ts';
import type { Pipeline } from '../../src/core/pipeline/pipeline.ts';
import type { SourceState } from '../../src/core/source-state.ts';
import { emptySourceState } from '../../src/core/source-state.ts';
import type { SourceWindow } from '../../src/core/source-window.ts';
import { decodeChangedWindows } from '../../src/core/state-changes.ts';
import { decodeState, encodeState } from '../../src/core/state-encoding.ts';
import { summarizeStateTime } from '../../src/core/state-time.ts';
import { timeWeightedMean } from '../../src/core/time-weight.ts';
import { mergeGroups, revisionOf } from '../../src/core/window.ts';
import { windowBytes } from '../../src/core/window-bytes.ts';
import { specText } from '../../src/core/window-spec.ts';
import { ReferenceSource, type ReferenceWindow } from '../../src/simulation/reference-source.ts';
import { lastSaid, stateTimesOf, timeWeightedMeanOf } from '../../src/simulation/reference-times.ts';
import { batchOf, eventOf } from '../support/events.ts';
import { runs } from '../support/runs.ts';

const WINDOWS: readonly AggregationDefinition['window'][] = [
  { tumbling: '10ms' },
  { tumbling: '10ms', offset: '3ms' },
  { hopping: { size: '12ms', every: '5ms' } },
  { session: { gap: '4ms' } },
  { calendar: 'day' },
];

const AMONG = ['on', 'off'];

const arbitraryPipeline = fc
  .record({
    window: fc.constantFrom(...WINDOWS),
    lateness: fc.constantFrom(0, 5, 30),
    hold: fc.constantFrom({}, { hold: '3ms' }, { hold: '8ms' }, { hold: '40ms' }),
    by: fc.constantFrom([], ['gw'], ['gw', 'site']),
    among: fc.constantFrom({}, { among: AMONG }),
    filter: fc.constantFrom({}, { filter: { tags: { gw: ['a'] } } }),
  })
  .map(({ window, lateness, hold, by, among, filter }) =>
    parsePipeline({
      aggregations: [
        {
          name: 'a',
          window,
          allowedLateness: `${lateness}ms`,
          aggregates: ['timeWeightedMean'],
          states: [{ of: 'm', ...among }, { of: '__proto__' }],
          ...hold,
          ...filter,
        },
      ],
      rollups: by.length === 0 || 'session' in window ? [] : [{ name: 'r', of: 'a', by }],
    }),
  );

const arbitraryEvents = fc
  .array(
    fc.record({
      step: fc.integer({ min: -14, max: 9 }),
      value: fc.oneof(
        fc.integer({ min: -20, max: 20 }),
        fc.constantFrom(0.1, 1e16, -1.7e308, 1.7e308, 5e-324, -3e-310),
      ),
      state: fc.constantFrom('on', 'off', 'error'),
      gw: fc.constantFrom('a', 'b', undefined),
      names: fc.constantFrom<readonly string[]>(['m'], ['m'], ['m', '__proto__'], []),
      values: fc.constantFrom<readonly string[]>(['c'], ['c', '__proto__'], []),
    }),
    { minLength: 1, maxLength: 40 },
  )
  .map((draws) => {
    let time = 40;
    return draws.map(({ step, value, state, gw, names, values }) => {
      time = Math.max(0, time + step);
      return eventOf({
        time,
        values: Object.fromEntries(values.map((name) => [name, value])),
        tags: gw === undefined ? {} : { gw },
        ...(names.length === 0 ? {} : { states: Object.fromEntries(names.map((name) => [name, state])) }),
      });
    });
  });

describe('the time in each state, and the mean weighed by time', () => {
  test('are, in every window and for any tags, what each sample says until the next', () => {
    fc.assert(
      fc.property(
        arbitraryPipeline,
        arbitraryEvents,
        fc.integer({ min: 1, max: 9 }),
        (pipeline, events, cut) => {
          const found = foldInBatches(pipeline, events, cut);
          expect(found.closed).toEqual(expectedTimes(pipeline, events));
          const whole = foldInBatches(pipeline, events, events.length);
          expect(whole.closed).toEqual(found.closed);
          expect(whole.revisions).toEqual(found.revisions);
        },
      ),
      { numRuns: runs(700) },
    );
  });

  test('are known in an open window up to its last sample', () => {
    fc.assert(
      fc.property(arbitraryPipeline, arbitraryEvents, (pipeline, events) => {
        const { state } = foldAll(pipeline, events, 5);
        const [open] = state.open;
        expect(timesOf(open?.windows.values() ?? [])).toEqual(expectedTimes(pipeline, events, 'open'));
      }),
      { numRuns: runs(300) },
    );
  });

  test('are told of what the source said last, since when it had said nothing else, whatever has closed', () => {
    fc.assert(
      fc.property(
        arbitraryPipeline,
        arbitraryEvents,
        fc.integer({ min: 1, max: 9 }),
        (pipeline, events, cut) => {
          const [aggregation] = pipeline.aggregations;
          if (aggregation === undefined || aggregation.window.kind === 'session') return;
          const { state } = foldAll(pipeline, events, cut);
          const said = decodeChangedWindows('a', encodeState(state));
          const [rule] = parsePipeline({
            aggregations: [{ name: 'a', window: { tumbling: '1s' }, states: [{ of: 'm' }] }],
            alerts: [{ name: 'w', on: { last: 'a' }, metric: 'm', when: { is: 'off' } }],
          }).alerts;
          if (rule?.on.kind !== 'last') throw new Error('one rule');
          const own = { ...rule, on: { ...rule.on, spec: specText(aggregation.window) } };
          const found = observeSource(own, undefined, said).map(({ start, value }) => ({ start, value }));
          expect(found).toEqual(expectedLast(pipeline, events));
        },
      ),
      { numRuns: runs(500) },
    );
  });

  test('take what is counted for them in the state, and are read back as they were', () => {
    fc.assert(
      fc.property(arbitraryPipeline, arbitraryEvents, (pipeline, events) => {
        const { state } = foldAll(pipeline, events, 7);
        const again = decodeState('a', encodeState(state), pipeline);
        expect(encodeState(again)).toEqual(encodeState(state));
        expect(again.windowBytes).toBe(state.windowBytes);
        for (const { windows } of state.open)
          for (const window of windows.values()) expect(window.bytes).toBe(windowBytes(window));
      }),
      { numRuns: runs(200) },
    );
  });
});

describe('states beyond those that are told apart', () => {
  const pipeline = parsePipeline({
    aggregations: [{ name: 'a', window: { tumbling: '10ms' }, states: [{ of: 'm', max: 2 }] }],
  });
  const said = (time: number, m: string) => eventOf({ time, states: { m } });

  test('are others, in the order they come, until those before are of no window any more', () => {
    const events = [
      ...['a', 'b', 'c', 'a'].map((m, at) => said(at * 2, m)),
      ...['c', 'd', 'a'].map((m, at) => said(10 + at * 3, m)),
      ...['e', 'a'].map((m, at) => said(50 + at * 3, m)),
    ];
    const { closed } = foldInBatches(pipeline, events, 2);
    const shown = [...closed].filter(([key]) => key.endsWith('all m')).map(([key, { ms }]) => [key, ms]);
    expect(shown).toEqual([
      ['0 10 all m', { a: 6, b: 2, '': 2 }],
      ['10 20 all m', { c: 3, '': 3, a: 4 }],
      ['50 60 all m', { e: 3, a: 7 }],
    ]);
  });
});

describe('of more samples than are kept', () => {
  /** Seconds: one window, and more samples than are kept. */
  const LENGTH = 1_500;
  const pipeline = parsePipeline({
    aggregations: [
      {
        name: 'a',
        window: { tumbling: '25m' },
        allowedLateness: '2m',
        states: [{ of: 'm' }],
        aggregates: ['timeWeightedMean'],
      },
    ],
  });
  const at = (second: number, m: string) =>
    eventOf({ time: second * 1_000, states: { m }, values: { v: second % 7 } });

  test('the time is exact, and the state does not grow', () => {
    const events = Array.from({ length: LENGTH }, (_, second) => at(second, second % 10 < 3 ? 'on' : 'off'));
    const { state } = foldAll(pipeline, events.slice(0, 1_450), 100);
    expect(encodeState(state).length).toBeLessThan(2 * MAX_COUNTER_SAMPLES * 7 + 400);
    const { closed } = foldInBatches(pipeline, events, 100);
    expect(closed).toEqual(expectedTimes(pipeline, events));
  });

  test('a state that lasted all through a window is known to have', () => {
    const events = Array.from({ length: 2 * LENGTH }, (_, second) => at(second, 'on'));
    const { closed } = foldInBatches(pipeline, events, 100);
    expect(closed.get('1500000 3000000 all m')?.lastingMs).toBe(1_500_000);
  });
});

test('other rules leave what is counted as it is, and hold from then on', () => {
  const [before, after] = [{}, { hold: '5ms' }].map((rules) =>
    parsePipeline({
      aggregations: [{ name: 'a', window: { tumbling: '1h' }, states: [{ of: 'm' }], ...rules }],
    }),
  );
  if (before === undefined || after === undefined) throw new Error('two pipelines');
  const said = (time: number, m: string) => eventOf({ time, states: { m } });
  const first = foldEvents(emptySourceState('a', before), batchOf([said(0, 'on'), said(20, 'off')]), before);
  const state = decodeState('a', encodeState(first.state), after);
  const rest = batchOf([said(10, 'late'), said(40, 'on'), said(42, 'off')], { firstRecord: 10 });
  const [open] = foldEvents(state, rest, after).state.open;
  expect(timesOf(open?.windows.values() ?? []).get('0 3600000 all m')?.ms).toEqual({ on: 22, off: 5 });
});

/** Later than any event, and before the year 2000: times near the epoch are no mistakes then. */
const ARRIVAL_MS = 9e11;

interface Times {
  readonly ms: Readonly<Record<string, number>>;
  readonly changes: number;
  readonly last?: string | undefined;
  readonly lastingMs?: number;
  readonly mean?: number | undefined;
}

/** By window, tags (`all` for all together) and name. */
type AllTimes = ReadonlyMap<string, Times>;

function foldInBatches(pipeline: Pipeline, events: readonly TelemetryEvent[], size: number) {
  const { state, closed } = foldAll(pipeline, events, size);
  while (closeAll(state)) closed.push(...state.closed);
  return { closed: timesOf(closed), revisions: closed.map(({ groups }) => revisionOf(groups)) };
}

/** Between batches the state is stored. */
function foldAll(pipeline: Pipeline, events: readonly TelemetryEvent[], size: number) {
  let state: SourceState = emptySourceState('a', pipeline);
  const closed: SourceWindow[] = [];
  for (let from = 0; from < events.length; from += size) {
    state = decodeState('a', encodeState(state), pipeline);
    const batch = batchOf(events.slice(from, from + size), { firstRecord: from + 1, arrivalMs: ARRIVAL_MS });
    for (let next = 0; next < batch.events.length; ) {
      const folded = foldEvents(state, batch, pipeline, next);
      state = folded.state;
      next = folded.next;
      closed.push(...state.closed);
    }
  }
  return { state, closed };
}

function timesOf(windows: Iterable<SourceWindow>): AllTimes {
  const found = new Map<string, Times>();
  for (const window of windows) {
    const { start, end, groups } = window;
    const all = { ...mergeGroups(window), tags: 'all' as const };
    for (const { tags, states = [], weights = [], metrics } of [...groups, all]) {
      const where = `${start} ${end} ${tags === 'all' ? 'all' : JSON.stringify(tags)}`;
      for (const time of states) {
        const { times, changes, last, lastingMs } = summarizeStateTime(time);
        const ms = Object.fromEntries(times.map(({ state, ms: own }) => [state ?? '', own]));
        if (tags === 'all' && last === undefined && times.length === 0) continue;
        if (tags === 'all') found.set(`${where} ${time.name}`, { ms, changes, last, lastingMs });
        else if (times.length > 0 || changes > 0) found.set(`${where} ${time.name}`, { ms, changes });
      }
      if (tags !== 'all') continue;
      for (const { name } of metrics) {
        const weight = weights.find((each) => each.name === name);
        const mean = weight === undefined ? undefined : timeWeightedMean(weight);
        if (mean !== undefined) found.set(`${where} mean ${name}`, { ms: {}, changes: 0, mean });
      }
    }
  }
  return sorted(found);
}

function expectedLast(pipeline: Pipeline, events: readonly TelemetryEvent[]) {
  const source = new ReferenceSource(pipeline);
  for (const event of events) {
    source.receive({ ...event, arrivalMs: ARRIVAL_MS });
    source.closeDue();
  }
  const history = source.judged.filter(({ appliedTo }) => appliedTo.includes('a')).map(({ event }) => event);
  const [{ holdMs = Number.POSITIVE_INFINITY, states: [rule] = [] } = {}] = pipeline.aggregations;
  const told = (state: string) => (rule?.among?.has(state) === false ? '' : state);
  const last = lastSaid(history, 'm', holdMs, told);
  if (last === undefined) return [];
  return [{ start: last.time, value: last.state === 'off' ? last.time - last.sinceMs : -1 }];
}

function expectedTimes(
  pipeline: Pipeline,
  events: readonly TelemetryEvent[],
  which: 'all closed' | 'open' = 'all closed',
): AllTimes {
  const source = new ReferenceSource(pipeline);
  for (const event of events) {
    source.receive({ ...event, arrivalMs: ARRIVAL_MS });
    source.closeDue();
  }
  const windows = which === 'open' ? source.open() : source.windows;
  const expected = new Map<string, Times>();
  for (const window of windows) {
    for (const [key, times] of expectedOf(pipeline, source, window, which === 'all closed'))
      expected.set(key, times);
  }
  return sorted(expected);
}

function expectedOf(
  { aggregations: [aggregation] }: Pipeline,
  source: ReferenceSource,
  window: ReferenceWindow,
  isClosed: boolean,
): AllTimes {
  if (aggregation === undefined) throw new Error('one aggregation');
  const { groupBy, holdMs = Number.POSITIVE_INFINITY, states } = aggregation;
  const { start, end } = window;
  const span = { start, end, holdMs, isClosed, isSession: aggregation.window.kind === 'session' };
  const history = source.historyOf(window);
  const tagsOf = ({ tags }: { readonly tags: Readonly<Record<string, string>> }) =>
    JSON.stringify(groupBy.map((tag) => (Object.hasOwn(tags, tag) ? tags[tag] : null)));
  const expected = new Map<string, Times>();
  for (const { of, among } of states) {
    const told = (state: string) => (among === undefined || among.has(state) ? state : '');
    const { ms, changes, last, lastingMs } = stateTimesOf(history, of, span, () => true, told);
    if (last !== undefined || ms.size > 0) {
      const times = { ms: Object.fromEntries(ms), changes, last, lastingMs };
      expected.set(`${start} ${end} all ${of}`, times);
    }
    for (const tags of new Set(history.map(tagsOf))) {
      const own = stateTimesOf(history, of, span, (event) => tagsOf(event) === tags, told);
      if (own.ms.size > 0 || own.changes > 0)
        expected.set(`${start} ${end} ${tags} ${of}`, {
          ms: Object.fromEntries(own.ms),
          changes: own.changes,
        });
    }
  }
  for (const name of window.metrics().keys()) {
    const mean = timeWeightedMeanOf(history, name, span);
    if (mean !== undefined) expected.set(`${start} ${end} all mean ${name}`, { ms: {}, changes: 0, mean });
  }
  return expected;
}

function sorted(times: ReadonlyMap<string, Times>): AllTimes {
  return new Map([...times].sort(([a], [b]) => (a < b ? -1 : 1)));
}
