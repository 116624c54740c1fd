// A source whose state cannot be read for a while, whatever happens meanwhile, ends as if it had always been readable.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { resumeSource } from '../../../consumers/aggregate/resume-source.ts';
import { wire as wireAggregate } from '../../../consumers/aggregate/wire.ts';
import { wire as wireClose } from '../../../consumers/close/wire.ts';
import { imbalance } from '../../../src/core/ledger.ts';
import { parsePipeline } from '../../../src/core/pipeline/parse-pipeline.ts';
import { decodeState } from '../../../src/core/state-encoding.ts';
import { memoryHost } from '../../../src/host/memory-host.ts';
import { DeadLetters } from '../../../src/stores/dead-letters.ts';
import { readLedger } from '../../../src/stores/read-ledger.ts';
import { SourceStates } from '../../../src/stores/source-states.ts';
import { bytesOf, text } from '../../../src/stores/table.ts';
import { sequenceOf } from '../../support/event-streams.ts';
import { Faults } from '../../support/faults.ts';
import { kinesisRecord } from '../../support/kinesis-records.ts';
import { Observed } from '../../support/observed.ts';
import { runs } from '../../support/runs.ts';
import { noShards } from '../../support/shards-in-memory.ts';
import { Stall } from '../../support/stall.ts';
import { StoredTables } from '../../support/stored-tables.ts';
import { comparableState } from '../../support/stream-runner.ts';

const PIPELINE = parsePipeline({
  aggregations: [{ name: 'm', window: { tumbling: '10s' }, allowedLateness: '5s' }],
  dedupe: { horizon: '10s' },
});
const SOURCES = ['poison', 'good'];
const SPOILT = new Uint8Array([99]);

class System {
  readonly tables = new StoredTables();
  readonly observed = new Observed();
  readonly faults = new Faults();
  readonly states = new SourceStates(this.tables.sources);
  readonly letters = new DeadLetters(this.tables.deadLetters);
  #kept: Uint8Array | undefined;
  readonly #containers = [0, 1].map(() => wireAggregate(this.#host(true)));
  readonly #close = wireClose(this.#host(false));

  #host(troubled: boolean) {
    const { log, meter } = this.observed;
    const table = (name: 'sources' | 'deadLetters') =>
      troubled ? this.tables.faulty(name, this.faults, new Stall()) : this.tables[name];
    const tables = { sources: table('sources'), deadLetters: table('deadLetters') };
    return memoryHost({
      pipeline: PIPELINE,
      log,
      meter,
      clock: { nowMs: () => 0, sleep: async () => {} },
      setting: () => '',
      shards: noShards,
      tables,
    });
  }

  /** As the mapping does: again from the lowest that failed. */
  async deliver(records: readonly ReturnType<typeof kinesisRecord>[], container: number): Promise<void> {
    let left = records;
    for (let attempt = 0; left.length > 0 && attempt < 60; attempt += 1) {
      const { batchItemFailures } = (await this.#containers[(container + attempt) % 2]?.({
        Records: left,
      })) ?? {
        batchItemFailures: [],
      };
      const [failed] = batchItemFailures;
      if (failed === undefined) return;
      left = left.slice(left.findIndex(({ kinesis }) => kinesis.sequenceNumber === failed.itemIdentifier));
    }
    expect(left).toEqual([]);
  }

  /** A newer release wrote it, or something damaged it. */
  async spoil(): Promise<void> {
    const [item] = await this.tables.sources.getMany([{ source: text('poison') }]);
    const state = item === undefined ? undefined : bytesOf(item, 'state');
    if (item === undefined || state === undefined || state.length === 1) return;
    this.#kept = state;
    const version = {
      N: String(Number('N' in (item['version'] ?? {}) ? Reflect.get(item['version'] ?? {}, 'N') : 0) + 1),
    };
    await this.tables.sources.putMany([{ ...item, version, state: { B: SPOILT } }]);
  }

  /** By hand: under the version that is there. */
  async mend(): Promise<void> {
    const [item] = await this.tables.sources.getMany([{ source: text('poison') }]);
    if (item === undefined || this.#kept === undefined || bytesOf(item, 'state')?.length !== 1) return;
    await this.tables.sources.putMany([{ ...item, state: { B: this.#kept } }]);
  }

  async resume(troubled: boolean): Promise<string> {
    const table = (name: 'sources' | 'deadLetters') =>
      troubled ? this.tables.faulty(name, this.faults, new Stall()) : this.tables[name];
    try {
      const deps = {
        states: new SourceStates(table('sources')),
        deadLetters: new DeadLetters(table('deadLetters')),
      };
      return (await resumeSource('poison', { pipeline: PIPELINE, ...deps })).kind;
    } catch {
      return 'killed';
    }
  }

  async close(): Promise<void> {
    await this.#close({ closeAll: true }, { getRemainingTimeInMillis: () => 60_000 });
  }

  async view() {
    const view = new Map<string, unknown>();
    for await (const { source, state, held } of this.states.scan()) {
      const { upTo, ...image } = comparableState(decodeState(source, state, PIPELINE), PIPELINE);
      // What is folded in of events set aside does not say that its last record is whole: more of it may be set aside later.
      view.set(source, [held, { ...image, upTo: upTo.map(({ rest: _, ...place }) => place) }]);
    }
    return view;
  }
}

const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('deliver' as const),
      count: fc.integer({ min: 1, max: 4 }),
      container: fc.nat(1),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('redeliver' as const), back: fc.integer({ min: 1, max: 6 }) }),
  },
  { weight: 2, arbitrary: fc.constantFrom({ kind: 'spoil' as const }, { kind: 'mend' as const }) },
  { weight: 2, arbitrary: fc.constant({ kind: 'resume' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'resume beside' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'close' as const }) },
);

test('events of a source that is held are folded in once each, in their order, and nobody else waits', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.record({
          source: fc.constantFrom(...SOURCES),
          at: fc.nat(40),
          hasId: fc.boolean(),
          both: fc.boolean(),
        }),
        { minLength: 4, maxLength: 24 },
      ),
      fc.array(step, { maxLength: 30 }),
      fc.array(fc.nat(11), { maxLength: 60 }),
      async (planned, steps, draws) => {
        const records = planned.map(({ source, at, hasId, both }, place) => {
          const event = (of: string) => ({
            source: of,
            time: 1_000 * at,
            values: { v: place },
            ...(hasId ? { id: place } : {}),
          });
          const data = both ? SOURCES.map(event) : event(source);
          return kinesisRecord({ data, sequence: sequenceOf(place + 1), arrivalMs: 60_000 });
        });
        const calm = new System();
        await calm.deliver(records, 0);
        const system = new System();
        system.faults.begin(draws);
        let read = 0;
        for (const each of steps) {
          if (each.kind === 'deliver') {
            await system.deliver(records.slice(read, read + each.count), each.container);
            read += each.count;
          } else if (each.kind === 'redeliver') {
            await system.deliver(records.slice(Math.max(0, read - each.back), read), 1);
          } else if (each.kind === 'spoil') await system.spoil();
          else if (each.kind === 'mend') await system.mend();
          else if (each.kind === 'resume') await system.resume(true);
          else if (each.kind === 'resume beside') {
            const batch = records.slice(read, read + 2);
            read += 2;
            await Promise.all([system.resume(true), system.resume(true), system.deliver(batch, 0)]);
          }
          const ledger = await readLedger(system.states, system.letters);
          expect(imbalance(ledger)).toBe(0);
        }
        system.faults.stop();
        await system.mend();
        await system.deliver(records.slice(read), 0);
        expect(['resumed', 'not-held', 'unknown']).toContain(await system.resume(false));
        expect(await system.view()).toEqual(await calm.view());
        expect(await readLedger(system.states, system.letters)).toMatchObject({
          held: 0,
          unreadableSources: 0,
        });
      },
    ),
    { numRuns: runs(300) },
  );
});

test('no window of a source that is held closes by silence', async () => {
  const system = new System();
  await system.deliver([kinesisRecord({ data: { source: 'poison', time: 1_000 } })], 0);
  await system.spoil();
  await system.deliver(
    [kinesisRecord({ data: { source: 'poison', time: 2_000 }, sequence: sequenceOf(2) })],
    0,
  );
  await system.mend();
  await system.close();
  expect(await system.resume(false)).toBe('resumed');
  const [stored] = await system.states.load(['poison']);
  expect(stored?.held).toBeUndefined();
  expect(decodeState('poison', stored?.state ?? '', PIPELINE).counts).toMatchObject({
    received: 2,
    applied: 2,
  });
});
