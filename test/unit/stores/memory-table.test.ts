import { expect, test } from 'vitest';
import type { TableChange } from '../../../src/stores/memory-table.ts';
import { MemoryTable } from '../../../src/stores/memory-table.ts';
import { text } from '../../../src/stores/table.ts';
import { tableContract } from '../../support/table-contract.ts';
import { makeMemoryTable } from '../../support/table-under-test.ts';

tableContract(makeMemoryTable);

test('taking an item away is told as a removal with the old image, and once', () => {
  const changes: TableChange[] = [];
  const table = new MemoryTable({ partitionKey: 'pk' }, (change) => changes.push(change));
  const item = { pk: text('p'), state: text('x') };
  table.putMany([item]);
  table.remove({ pk: text('p') });
  table.remove({ pk: text('p') });
  expect(changes.slice(1)).toEqual([
    { eventName: 'REMOVE', keys: { pk: text('p') }, oldImage: item, newImage: undefined },
  ]);
});

test('an item without its key is refused', async () => {
  const table = new MemoryTable({ partitionKey: 'pk', sortKey: 'sk' });
  await expect(table.putMany([{ pk: text('p') }])).rejects.toThrow('item without its key attribute sk');
});
