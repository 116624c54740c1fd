import { describe, expect, it } from 'vitest';
import { imbalance } from '../../../src/core/ledger.ts';
import { parsePipeline } from '../../../src/core/pipeline/parse-pipeline.ts';
import { readLedger } from '../../../src/stores/read-ledger.ts';
import { bytesOf } from '../../../src/stores/table.ts';
import { collect } from '../../support/collect.ts';
import { ConsumerSystem } from '../../support/consumer-system.ts';
import { SHARD, sequenceOf } from '../../support/event-streams.ts';
import { kinesisRecord } from '../../support/kinesis-records.ts';

const HOUR = 3_600_000;
const PIPELINE = parsePipeline({
  aggregations: [{ name: 'per-second', window: { tumbling: '1s' }, allowedLateness: '1h' }],
});
const WIDE = Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`value-${at}`, at / 3]));

/** One event a second of 20 values each: more windows than there is room for; then an hour later, and one more. */
function recordsOf(source: string, seconds: number) {
  const times = [...Array.from({ length: seconds }, (_, at) => at * 1_000), 2 * HOUR, 2 * HOUR + 5];
  return times.map((time, at) => {
    const place = { shard: SHARD, sequence: sequenceOf(at) };
    const data = { source, id: at, time, values: WIDE };
    return { ...place, record: kinesisRecord({ ...place, arrivalMs: 3 * HOUR, data }) };
  });
}

async function deliver(batchLength: number) {
  const system = new ConsumerSystem(PIPELINE);
  const records = recordsOf('a', 300);
  const aggregating = system.aggregateDeliverer(records);
  for (let at = 0; at < records.length; at += batchLength) {
    await aggregating.step({ kind: 'deliver', lane: 0, container: 0, length: batchLength });
  }
  await aggregating.finish();
  await system.rollupDeliverer().finish();
  return { system, ledger: await readLedger(system.states, system.deadLetters) };
}

describe('a source that has no room for more windows', () => {
  it('has the events it has no room for among the dead letters, and fails no batch', async () => {
    const { system, ledger } = await deliver(50);
    expect(imbalance(ledger)).toBe(0);
    expect(ledger.received).toBe(302);
    expect(ledger.refused).toBeGreaterThan(100);
    expect(ledger).toMatchObject({ late: 0, duplicate: 0, refusedLetters: ledger.refused });
    expect(ledger.quarantined).toBe(ledger.refused);
    expect(system.observed.sum('failures')).toBe(0);
    expect(system.observed.sum('imbalance')).toBe(0);
    const letters = await collect(system.deadLetters.list());
    expect(new Set(letters.map(({ reason }) => reason))).toEqual(new Set(['source-full']));
    expect(letters[0]?.detail).toMatch(/its source holds as many open windows or remembered ids as fit/);
    expect(JSON.parse(letters[0]?.payload.body ?? '')).toMatchObject({ source: 'a', values: WIDE });
    const said = system.observed.lines.filter(
      ({ message }) => message === 'events quarantined by their sources',
    );
    expect(said.length).toBeGreaterThan(0);
  });

  it('takes events again once windows have closed', async () => {
    const { system, ledger } = await deliver(50);
    const letters = await collect(system.deadLetters.list());
    const times = letters.map(({ payload }): number => JSON.parse(payload.body).time).sort((a, b) => a - b);
    expect(times.at(-1)).toBe(299_000);
    expect(times[0]).toBe(ledger.applied * 1_000 - 2_000);
    await system.closeEverything();
    await system.rollupDeliverer().finish();
    const windows = await collect(system.windows.list('source|per-second|a'));
    expect(windows.map(({ events }) => events)).toEqual([
      ...Array.from({ length: times[0] ? times[0] / 1_000 : 0 }, () => 1),
      2,
    ]);
  });

  it('comes to the same in whatever batches its records are, in items that can be stored', async () => {
    const inBatches = await deliver(50);
    for (const batchLength of [13, 302]) {
      const { system, ledger } = await deliver(batchLength);
      expect(ledger).toEqual(inBatches.ledger);
      expect((await collect(system.deadLetters.list())).length).toBe(ledger.refused);
      for (const { newImage } of system.tables.changes.sources) {
        expect(bytesOf(newImage ?? {}, 'state')?.length).toBeLessThan(400_000);
      }
    }
  });

  it('says of an event that is late too that it is late', async () => {
    const system = new ConsumerSystem(
      parsePipeline({
        aggregations: [
          { name: 'strict', window: { tumbling: '1s' } },
          { name: 'patient', window: { tumbling: '1s' }, filter: { types: ['kept'] }, allowedLateness: '1h' },
        ],
      }),
    );
    const events = [
      ...Array.from({ length: 250 }, (_, at) => ({
        source: 'a',
        type: 'kept',
        time: at * 1_000,
        values: WIDE,
      })),
      { source: 'a', type: 'other', time: 1_000, values: WIDE },
    ];
    const records = events.map((data, at) => {
      const place = { shard: SHARD, sequence: sequenceOf(at) };
      return { ...place, record: kinesisRecord({ ...place, arrivalMs: HOUR, data }) };
    });
    await system.aggregateDeliverer(records).finish();
    await system.rollupDeliverer().finish();
    const reasons = (await collect(system.deadLetters.list())).map(({ reason }) => reason);
    expect(reasons.filter((reason) => reason === 'late')).toEqual(['late']);
    expect(reasons.filter((reason) => reason === 'source-full').length).toBeGreaterThan(50);
  });
});
