// What is asked every few seconds costs the same after a minute and after a day.
import { expect, test } from 'vitest';
import { findAlerts } from '../../../src/cli/alerts-command.ts';
import { findWindows } from '../../../src/cli/find-windows.ts';
import { rollupSeries, sourceSeries } from '../../../src/core/series.ts';
import type { StoredWindow } from '../../../src/core/stored-window.ts';
import { Alerts } from '../../../src/stores/alerts.ts';
import { MemoryTable } from '../../../src/stores/memory-table.ts';
import { SourceStates } from '../../../src/stores/source-states.ts';
import type { Table } from '../../../src/stores/table.ts';
import { Windows } from '../../../src/stores/windows.ts';
import { BLANK_ALERT } from '../../support/blank-alert.ts';
import { tableOver } from '../../support/table-over.ts';
import { ALERTS_SCHEMA, SOURCES_SCHEMA, WINDOWS_SCHEMA } from '../../support/table-under-test.ts';

/** Counts the items that come of it; a walk over the whole is refused. */
function counted(inner: Table): { readonly table: Table; readonly items: () => number } {
  let items = 0;
  const refuse = () => {
    throw new Error('the whole table is read');
  };
  const table = tableOver(inner, {
    async getMany(keys) {
      const found = await inner.getMany(keys);
      items += found.length;
      return found;
    },
    async *query(query) {
      for await (const item of inner.query(query)) {
        items += 1;
        yield item;
      }
    },
    scan: refuse,
    scanPage: refuse,
  });
  return { table, items: () => items };
}

function windowOf(series: string, start: number, part?: number): StoredWindow {
  const given = { series, start, end: start + 1, part, marks: new Map(), final: true, events: 1, moved: 0 };
  return { ...given, metrics: [], fields: undefined };
}

async function readForWindows(minutes: number) {
  const inner = new MemoryTable(WINDOWS_SCHEMA);
  const filled = new Windows(inner);
  for (let start = 0; start < minutes; start += 1) {
    const window = windowOf(sourceSeries('a', 's'), start);
    await filled.putClosed([{ window, expiresAtMs: undefined }]);
    const part = windowOf(rollupSeries('r', ['x']), start, 0);
    await filled.commitParts([{ window: part, expectedVersion: undefined, expiresAtMs: undefined }]);
  }
  const { table, items } = counted(inner);
  const states = new SourceStates(new MemoryTable(SOURCES_SCHEMA));
  const { windows } = await findWindows({ windows: new Windows(table), states }, { limit: 5 });
  expect(windows.map(({ start }) => start)).toEqual([1, 1, 2, 2, 3].map((back) => minutes - back));
  return items();
}

test('the latest windows are found in as many reads whatever is stored', async () => {
  expect(await readForWindows(2_000)).toBe(await readForWindows(20));
});

const WELL = { ...BLANK_ALERT, status: 'ok', sequence: 0, transitions: [] } as const;

/** Alerts of so many sources: ten fire, the others have resolved; as many have never left `ok`. */
async function readForAlerts(sources: number) {
  const inner = new MemoryTable(ALERTS_SCHEMA);
  const filled = new Alerts(inner);
  for (let number = 1; number <= sources; number += 1) {
    const status = number > 10 ? 'resolved' : 'firing';
    const told = { sequence: 1, from: 'ok', severity: 'warning', reason: 'high' } as const;
    const window = { start: number, end: number + 1, revision: 1, value: 1 };
    const state = {
      ...BLANK_ALERT,
      status,
      sequence: 1,
      transitions: [{ ...told, to: status, window }],
    } as const;
    const write = { rule: 'hot', expectedVersion: undefined, checkAtMs: undefined };
    await filled.commit([
      { ...write, series: sourceSeries('a', `s${number}`), state },
      { ...write, series: sourceSeries('a', `well${number}`), state: WELL },
    ]);
  }
  const { table, items } = counted(inner);
  const found = await findAlerts(new Alerts(table), { limit: 5 });
  const latest = Array.from({ length: 6 }, (_, back) => sources - back);
  expect(found.map(({ series }) => series)).toEqual(latest.map((number) => sourceSeries('a', `s${number}`)));
  return items();
}

test('what has resolved and what is well do not make the latest alerts dearer', async () => {
  expect(await readForAlerts(1_000)).toBe(await readForAlerts(100));
});
