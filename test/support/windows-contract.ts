// What the store of windows does, whichever table it stands on.
import { describe, expect, test } from 'vitest';
import { addValue, emptyMetric } from '../../src/core/metric.ts';
import { rollupSeries, sourceSeries } from '../../src/core/series.ts';
import type { StoredWindow } from '../../src/core/stored-window.ts';
import { type WindowKind, type WindowRange, Windows } from '../../src/stores/windows.ts';
import type { MakeTable } from './table-under-test.ts';
import { collect, WINDOWS_SCHEMA } from './table-under-test.ts';

const SERIES = sourceSeries('per-minute', 'a');

export function windowsContract(make: MakeTable): void {
  describe('windows', () => {
    storing(make);
    finding(make);
  });
}

function storing(make: MakeTable): void {
  test('closed for good are stored and listed by start, between bounds', async () => {
    const { windows } = await open(make);
    const starts = [1_780_000_060_000, 0, 60_000, 1_780_000_000_000, 900];
    await windows.putClosed(starts.map((start) => ({ window: windowOf({ start }), expiresAtMs: undefined })));
    await windows.putClosed([
      { window: windowOf({ series: sourceSeries('per-minute', 'another') }), expiresAtMs: undefined },
    ]);
    const listed = await collect(windows.list(SERIES));
    expect(listed).toEqual([...starts].sort((a, b) => a - b).map((start) => windowOf({ start })));
    const between = await collect(windows.list(SERIES, { fromMs: 900, toMs: 1_780_000_000_000 }));
    expect(between.map(({ start }) => start)).toEqual([900, 60_000, 1_780_000_000_000]);
    expect(await collect(windows.list(sourceSeries('per-minute', 'none')))).toEqual([]);
  });

  test('stored twice are stored once', async () => {
    const { windows, changes } = await open(make);
    const entry = { window: windowOf({}), expiresAtMs: 1_780_000_000_500 };
    await windows.putClosed([entry]);
    await windows.putClosed([entry]);
    await windows.putClosed([{ ...entry, window: windowOf({ start: 60_000 }) }]);
    expect((await changes(2)).map(({ eventName }) => eventName)).toEqual(['INSERT', 'INSERT']);
    const [first] = await changes(1);
    expect(first?.newImage?.['expiresAt']).toEqual({ N: '1780000001' });
    expect(await collect(windows.scan())).toHaveLength(2);
  });

  test('in parts are committed under the version loaded, and read as one', async () => {
    const { windows } = await open(make);
    const series = rollupSeries('by-site', ['north', null]);
    const part = (at: number, events: number) =>
      windowOf({
        series,
        part: at,
        events,
        final: false,
        marks: new Map([['__proto__', { version: events, open: true }]]),
      });
    const write = (window: StoredWindow, expectedVersion?: number) => ({
      window,
      expectedVersion,
      expiresAtMs: undefined,
    });
    expect(await windows.commitParts([write(part(3, 1)), write(part(11, 2))])).toEqual([
      { kind: 'committed', version: 1 },
      { kind: 'committed', version: 1 },
    ]);
    expect(await windows.commitParts([write(part(3, 9)), write(part(11, 5), 1)])).toEqual([
      { kind: 'refused' },
      { kind: 'committed', version: 2 },
    ]);
    const keys = [3, 11, 12].map((at) => ({ series, start: 0, end: 60_000, part: at }));
    const { parts, unreadable } = await windows.loadParts(keys);
    expect(unreadable).toEqual([]);
    expect([...parts].sort((a, b) => a.version - b.version)).toEqual([
      { version: 1, window: part(3, 1) },
      { version: 2, window: part(11, 5) },
    ]);
    const listed = await collect(windows.list(series));
    expect(listed.map(({ events, final, start }) => ({ events, final, start }))).toEqual([
      { events: 6, final: false, start: 0 },
    ]);
    expect(listed[0]?.metrics.find(({ name }) => name === '__proto__')?.count).toBe(2);
  });
}

function finding(make: MakeTable): void {
  test('of all series are found by start, the latest first, sources’ and rollups’ apart', async () => {
    const { windows } = await open(make);
    const [one, other] = [sourceSeries('per-minute', 'one'), sourceSeries('sessions', 'other')];
    const site = rollupSeries('by-site', ['north']);
    const starts = [0, 60_000, 1_780_000_000_000];
    await windows.putClosed(
      starts.flatMap((start) =>
        [other, one].map((series) => ({ window: windowOf({ series, start }), expiresAtMs: undefined })),
      ),
    );
    await windows.commitParts(
      [3, 11].map((part) => ({
        window: windowOf({ series: site, start: 60_000, part, final: false }),
        expectedVersion: undefined,
        expiresAtMs: undefined,
      })),
    );
    const found = async (kind: WindowKind, range: WindowRange = {}) =>
      (await collect(windows.latest(kind, range))).map((together) =>
        together.map(({ series, start, events }) => [series, start, events]),
      );
    const both = (start: number) => [
      [one, start, 1],
      [other, start, 1],
    ];
    expect(await found('source')).toEqual(starts.toReversed().map(both));
    expect(await found('source', { fromMs: 1, toMs: 60_000 })).toEqual([both(60_000)]);
    expect(await found('rollup')).toEqual([[[site, 60_000, 2]]]);
    expect(await found('rollup', { toMs: 59_999 })).toEqual([]);
  });

  test('come with how far their sources’ changes are handled, which never goes back', async () => {
    const { windows } = await open(make);
    const passed = () => windows.passed(['a', 'b', 'c']);
    await windows.notePassed([{ source: 'a', mark: '1' }], 0);
    await windows.notePassed(
      [
        { source: 'a', mark: '2' },
        { source: 'b', mark: '5' },
        { source: 'a', mark: '3' },
      ],
      0,
    );
    expect(await passed()).toEqual(['3', '5', undefined]);
    // Changes that are handled once more, late.
    await windows.notePassed(
      [
        { source: 'a', mark: '2' },
        { source: 'b', mark: '6' },
      ],
      0,
    );
    expect(await passed()).toEqual(['3', '6', undefined]);
    await Promise.all(['7', '9', '8'].map((mark) => windows.notePassed([{ source: 'c', mark }], 0)));
    expect(await passed()).toEqual(['3', '6', '9']);
  });

  test('of a series too long for a key are kept under its hash, name and all', async () => {
    const { windows } = await open(make);
    const long = rollupSeries('r', ['\u{1F600}'.repeat(800), 'x']);
    const longer = rollupSeries('r', ['\u{1F600}'.repeat(800), 'y']);
    await windows.putClosed(
      [long, longer].map((series) => ({ window: windowOf({ series }), expiresAtMs: undefined })),
    );
    for (const series of [long, longer]) {
      expect(await collect(windows.list(series))).toEqual([windowOf({ series })]);
      await windows.commitParts([
        { window: windowOf({ series, part: 1 }), expectedVersion: undefined, expiresAtMs: undefined },
      ]);
      expect((await windows.loadParts([{ series, start: 0, end: 60_000, part: 1 }])).parts).toEqual([
        { version: 1, window: windowOf({ series, part: 1 }) },
      ]);
    }
  });
}

async function open(make: MakeTable) {
  const { table, changes } = await make(WINDOWS_SCHEMA);
  return { changes, windows: new Windows(table) };
}

function windowOf(overrides: Partial<StoredWindow>): StoredWindow {
  const start = overrides.start ?? 0;
  const metric = emptyMetric('__proto__');
  addValue(metric, 0.1, start, 0);
  return {
    series: SERIES,
    start,
    end: start + 60_000,
    part: undefined,
    marks: new Map(),
    final: true,
    moved: 0,
    events: 1,
    metrics: [metric],
    fields: undefined,
    ...overrides,
  };
}
