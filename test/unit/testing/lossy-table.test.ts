// The table that loses every write once: what a function sees of it, and what is stored.
import { describe, expect, it } from 'vitest';
import { MemoryTable } from '../../../src/stores/memory-table.ts';
import { text, type VersionedWrite } from '../../../src/stores/table.ts';
import { type Loss, LossyTable } from '../../../src/testing/lossy-table.ts';
import { collect } from '../../support/collect.ts';

function tables(loss: Loss) {
  const stored = new MemoryTable({ partitionKey: 'key' });
  const lost = new Set<string>();
  // Two containers: what one has lost the other one's retry must not lose again.
  const open = () => new LossyTable(stored, { loss, lost });
  return { stored, first: open(), second: open() };
}

const write = (key: string, version: number): VersionedWrite => ({
  key: { key: text(key) },
  expectedVersion: version === 1 ? undefined : version - 1,
  version,
  attributes: { body: text(`${key} ${version}`) },
});
const keys = async (table: MemoryTable) => (await collect(table.scan())).map(({ key }) => key);

describe('a commit', () => {
  it('that is lost is not made, and goes through when it is made again', async () => {
    const { stored, first, second } = tables('commit');
    expect(await first.commit([write('a', 1)])).toMatchObject([{ kind: 'failed' }]);
    expect(await keys(stored)).toEqual([]);
    expect(await second.commit([write('b', 1), write('a', 1)])).toMatchObject([
      { kind: 'failed' },
      { kind: 'committed' },
    ]);
    expect(await keys(stored)).toEqual([text('a')]);
    expect(await first.commit([write('b', 1), write('a', 2)])).toMatchObject([
      { kind: 'committed' },
      { kind: 'failed' },
    ]);
  });

  it('whose answer is lost is made, and said to have failed', async () => {
    const { stored, first, second } = tables('answer');
    expect(await first.commit([write('a', 1)])).toMatchObject([{ kind: 'failed' }]);
    expect(await keys(stored)).toEqual([text('a')]);
    expect(await second.commit([write('a', 1)])).toMatchObject([{ kind: 'refused' }]);
    expect(await second.commit([write('a', 2)])).toMatchObject([{ kind: 'failed' }]);
    expect(await second.commit([write('a', 3)])).toMatchObject([{ kind: 'failed' }]);
  });
});

describe('items put', () => {
  it.each(['commit', 'answer'] as const)('are put again after the %s was lost', async (loss) => {
    const { stored, first, second } = tables(loss);
    await expect(first.putMany([{ key: text('a') }])).rejects.toThrow(`the ${loss} was lost`);
    expect(await keys(stored)).toEqual(loss === 'answer' ? [text('a')] : []);
    await second.putMany([{ key: text('a') }]);
    expect(await keys(stored)).toEqual([text('a')]);
    await expect(second.putMany([{ key: text('a'), body: text('other') }])).rejects.toThrow('lost');
  });
});
