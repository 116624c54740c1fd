// A rollback: items that a newer release has written stay as they are, whatever an older one does beside them.
import { expect, test } from 'vitest';
import { parsePipeline } from '../../../src/core/pipeline/parse-pipeline.ts';
import type { MemoryTable } from '../../../src/stores/memory-table.ts';
import { type Item, text, textOf } from '../../../src/stores/table.ts';
import { AuditedSystem } from '../../support/audited-system.ts';
import { collect } from '../../support/collect.ts';
import { sequenceOf } from '../../support/event-streams.ts';
import { kinesisRecord } from '../../support/kinesis-records.ts';

const T0 = 1_700_000_000_000;
const PIPELINE = parsePipeline({
  aggregations: [{ name: 'm', window: { tumbling: '10s' }, idleTimeout: '1s' }],
  rollups: [{ name: 'all', of: 'm', by: [] }],
});
/** No release has come to it. */
const NEWER = 250;

function records(from: number, to: number) {
  return Array.from({ length: to - from }, (_, at) => {
    const number = from + at;
    const time = T0 + number * 1_000;
    const data = { source: `s${number % 3}`, id: number, time, values: { v: 1 } };
    return kinesisRecord({ data, sequence: sequenceOf(number + 1), arrivalMs: time });
  });
}

/** Those whose every encoded attribute now begins with a version that is not known. Gives their attributes, by key. */
async function raise(table: MemoryTable): Promise<ReadonlyMap<string, Item>> {
  const raised = new Map<string, Item>();
  for (const item of await collect(table.scan())) {
    const encoded = Object.entries(item).filter(([, attribute]) => 'B' in attribute);
    if (encoded.length === 0) continue;
    const newer = encoded.map(([name, attribute]) => {
      const bytes = 'B' in attribute ? Uint8Array.from(attribute.B) : new Uint8Array();
      bytes[0] = NEWER;
      return [name, { B: bytes }] as const;
    });
    raised.set(keyOf(item), Object.fromEntries(newer));
    await table.putMany([{ ...item, ...Object.fromEntries(newer) }]);
  }
  return raised;
}

async function encodedIn(table: MemoryTable): Promise<ReadonlyMap<string, Item>> {
  const items = await collect(table.scan());
  return new Map(
    items.map((item) => [
      keyOf(item),
      Object.fromEntries(Object.entries(item).filter(([, attribute]) => 'B' in attribute)),
    ]),
  );
}

function keyOf(item: Item): string {
  return ['source', 'series', 'window'].map((name) => textOf(item, name) ?? '').join(' ');
}

test.each(['sources', 'windows'] as const)(
  '%s that a newer release has written stay as they are',
  async (name) => {
    const system = new AuditedSystem(PIPELINE);
    await system.aggregate(records(0, 60));
    await system.rollUp();
    const table = system.tables[name];
    const raised = await raise(table);
    expect(raised.size).toBeGreaterThan(name === 'sources' ? 2 : 10);
    system.handled = 0;
    await system.rollUp();
    await system.aggregate(records(30, 120));
    await system.rollUp();
    system.nowMs = T0 + 3_600_000;
    await system.closeAll();
    await system.rollUp();
    const found = await system.auditAll();
    expect(found.map(({ kind }) => kind)).toContain('unreadable');
    const now = await encodedIn(table);
    for (const [key, attributes] of raised) expect(now.get(key), key).toEqual(attributes);
    // Who is not concerned goes on.
    await system.aggregate([
      kinesisRecord({
        data: { source: 'new', time: T0, values: {} },
        sequence: sequenceOf(500),
        arrivalMs: T0,
      }),
    ]);
    expect(await system.tables.sources.getMany([{ source: text('new') }])).toHaveLength(1);
  },
);
