import { expect, test } from 'vitest';
import { rollupSeries } from '../../../src/core/series.ts';
import { MAX_SERIES, READERS_TABLE } from '../../../src/platform/names.ts';
import { MemoryTable } from '../../../src/stores/memory-table.ts';
import { RollupDirectory } from '../../../src/stores/rollup-directory.ts';
import { number, type Table, text } from '../../../src/stores/table.ts';
import { liveConnectionsContract } from '../../support/readers-contract.ts';
import { tableOver } from '../../support/table-over.ts';
import { makeMemoryTable } from '../../support/table-under-test.ts';

liveConnectionsContract(makeMemoryTable);

const MINUTE = 60_000;
const seriesOf = (from: number, count: number) =>
  Array.from({ length: count }, (_, at) => rollupSeries('r', [String(from + at)]));

function directories(over: (table: Table) => Table = (table) => table) {
  const table = new MemoryTable({ partitionKey: READERS_TABLE.partitionKey, sortKey: READERS_TABLE.sortKey });
  let nowMs = 0;
  const open = () => new RollupDirectory(over(table), () => nowMs);
  return { table, open, pass: (ms: number) => (nowMs += ms) };
}

test('the series of a rollup are counted by writers that begin one now and then', async () => {
  const { open, pass } = directories();
  for (let writer = 0; writer < 3; writer += 1) {
    const directory = open();
    for (let at = 0; at < 13; at += 1) {
      await directory.note(seriesOf(100 * writer + at, 1));
      pass(MINUTE);
    }
    expect([...directory.counts]).toEqual([['r', 11 * (writer + 1)]]);
  }
});

test('a count that others came before is made up for by the next', async () => {
  let refusals = 3;
  const { open } = directories((table) =>
    tableOver(table, {
      commit: async (writes) => {
        const isCount = writes[0]?.attributes?.['count'] !== undefined;
        if (!isCount || refusals === 0) return await table.commit(writes);
        refusals -= 1;
        return [{ kind: 'refused', stored: undefined }];
      },
    }),
  );
  const directory = open();
  await directory.note(seriesOf(0, 500));
  expect([...directory.counts]).toEqual([]);
  await directory.note(seriesOf(500, 1));
  expect([...directory.counts]).toEqual([['r', 501]]);
});

test('a rollup that is full notes none, and says which', async () => {
  const { table, open } = directories();
  const key = { what: text('series-count|r'), name: text('all') };
  await table.putMany([{ ...key, version: number(1), count: number(MAX_SERIES - 500) }]);
  const directory = open();
  expect(await directory.note(seriesOf(0, 500))).toEqual([]);
  expect(await directory.note([...seriesOf(500, 2), rollupSeries('other', ['a'])])).toEqual(seriesOf(500, 2));
});
