// What was given up or quarantined and is put back counts once, however often, beside whom and wherever that is killed.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { importBatch } from '../../../consumers/aggregate/import-batches.ts';
import { redriveLetters } from '../../../consumers/aggregate/redrive-letters.ts';
import { wire as wireAggregate } from '../../../consumers/aggregate/wire.ts';
import { wire as wireRollup } from '../../../consumers/rollup/wire.ts';
import { imbalance } from '../../../src/core/ledger.ts';
import { parseLetterMapping } from '../../../src/core/letter-mapping.ts';
import { parsePipeline } from '../../../src/core/pipeline/parse-pipeline.ts';
import type { OpenAggregation } from '../../../src/core/source-state.ts';
import { decodeState } from '../../../src/core/state-encoding.ts';
import { memoryHost } from '../../../src/host/memory-host.ts';
import { DeadLetters } from '../../../src/stores/dead-letters.ts';
import { GivenUpRecords } from '../../../src/stores/given-up-records.ts';
import { MemoryTable } from '../../../src/stores/memory-table.ts';
import { readLedger } from '../../../src/stores/read-ledger.ts';
import { SourceStates } from '../../../src/stores/source-states.ts';
import { TABLE_SCHEMAS } from '../../../src/stores/table-schemas.ts';
import { changeRecord } from '../../support/change-records.ts';
import { sequenceOf } from '../../support/event-streams.ts';
import { Faults } from '../../support/faults.ts';
import { kinesisRecord } from '../../support/kinesis-records.ts';
import { Observed } from '../../support/observed.ts';
import { runs } from '../../support/runs.ts';
import { noShards } from '../../support/shards-in-memory.ts';
import { Stall } from '../../support/stall.ts';
import { StoredTables } from '../../support/stored-tables.ts';

const PIPELINE = parsePipeline({
  aggregations: [{ name: 'm', window: { tumbling: '10s' }, allowedLateness: '1h' }],
});
const FIX = parseLetterMapping({ rename: { ts: 'time' }, scale: { time: 1_000 } });

class System {
  readonly tables = new StoredTables();
  readonly faults = new Faults();
  readonly states = new SourceStates(this.tables.sources);
  readonly letters = new DeadLetters(this.tables.deadLetters);
  readonly aggregate = wireAggregate(this.#host());
  readonly #roll = wireRollup(this.#host());
  #rolledUp = 0;

  #host() {
    const { log, meter } = new Observed();
    const clock = { nowMs: () => 0, sleep: async () => {} };
    const { sources, windows, deadLetters } = this.tables;
    const tables = { sources, windows, deadLetters };
    return memoryHost({ pipeline: PIPELINE, log, meter, clock, shards: noShards, tables });
  }

  async redrive(mapping = FIX): Promise<void> {
    const table = (name: 'sources' | 'deadLetters') => this.tables.faulty(name, this.faults, new Stall());
    const deps = {
      states: new SourceStates(table('sources')),
      deadLetters: new DeadLetters(table('deadLetters')),
    };
    await redriveLetters({ pipeline: PIPELINE, ...deps }, { mapping }).catch(() => 'killed');
  }

  /** The changelog, up to now. */
  async rollUp(): Promise<void> {
    const changes = this.tables.changes.sources.slice(this.#rolledUp);
    const records = changes.map((change, at) => changeRecord(change, sequenceOf(this.#rolledUp + at)));
    this.#rolledUp = this.tables.changes.sources.length;
    if (records.length > 0) await this.#roll({ Records: records });
  }

  async view() {
    const view = new Map<string, unknown>();
    for await (const { source, state, redriven } of this.states.scan()) {
      const { counts, open } = decodeState(source, state, PIPELINE);
      view.set(source, [redriven, { ...counts }, sumsOf(open)]);
    }
    return view;
  }

  /** Events that are in windows, by source. */
  async windows() {
    const view = new Map<string, unknown>();
    for await (const { source, state } of this.states.scan()) {
      const { counts, open } = decodeState(source, state, PIPELINE);
      view.set(source, [counts.applied, sumsOf(open)]);
    }
    return view;
  }
}

function sumsOf(open: readonly OpenAggregation[]) {
  const windows = open.flatMap(({ windows: all }) => [...all.values()]);
  return windows.map(({ start, groups }) => [start, groups.map(({ events }) => events)]).sort();
}

const planned = fc.record({
  source: fc.constantFrom('a', 'b', 'c'),
  at: fc.integer({ min: 1_500_000_000, max: 1_500_000_030 }),
  hasId: fc.boolean(),
  /** It says its time in seconds, under another name. */
  isBad: fc.boolean(),
  isGivenUp: fc.boolean(),
});

const givenUp = new GivenUpRecords(new MemoryTable(TABLE_SCHEMAS.readers));

test('once in effect, with the books in balance', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(planned, { minLength: 1, maxLength: 60 }),
      fc.array(fc.constantFrom('redrive', 'redrive twice', 'import', 'deliver', 'roll up'), {
        maxLength: 14,
      }),
      fc.array(fc.nat(11), { maxLength: 80 }),
      async (events, steps, draws) => {
        const recordOf = (
          { source, at, hasId, isBad }: (typeof events)[number],
          place: number,
          fixed: boolean,
        ) => {
          const time = isBad && !fixed ? { ts: at } : { time: 1_000 * at };
          const data = { source, ...time, values: { v: 1 }, ...(hasId ? { id: place } : {}) };
          return kinesisRecord({ data, sequence: sequenceOf(place + 1), arrivalMs: 1_500_000_040_000 });
        };
        const calm = new System();
        await calm.aggregate({ Records: events.map((event, place) => recordOf(event, place, true)) });

        const system = new System();
        const records = events.map((event, place) => recordOf(event, place, false));
        const given = records.filter((_, at) => events[at]?.isGivenUp === true);
        const handled = records.filter((_, at) => events[at]?.isGivenUp !== true);
        // For events without an id nothing shows whether they were folded in, so they come before all others.
        const batch = { kind: 'telemetry' as const, records: given, condition: 'RetryAttemptsExhausted' };
        let delivered = 0;
        const act = async (step: (typeof steps)[number]) => {
          if (step === 'redrive') await system.redrive();
          else if (step === 'redrive twice') await Promise.all([system.redrive(), system.redrive()]);
          else if (step === 'roll up') await system.rollUp();
          else if (step === 'import') {
            if (given.length > 0)
              await importBatch(batch, { pipeline: PIPELINE, deadLetters: system.letters, givenUp });
          } else {
            await system.aggregate({ Records: handled.slice(delivered, delivered + 3) });
            delivered += 3;
          }
        };
        system.faults.begin(draws);
        for (const step of steps) await act(step);
        system.faults.stop();
        await act('import');
        await system.aggregate({ Records: handled.slice(delivered) });
        await redriveLetters(
          { pipeline: PIPELINE, states: system.states, deadLetters: system.letters },
          { mapping: FIX, doubtful: true },
        );
        await act('import');
        await system.redrive();
        expect(await system.view()).toEqual(await calm.view());
        const ledger = await readLedger(system.states, system.letters);
        expect(imbalance(ledger)).toBe(0);
        expect(ledger).toMatchObject({ received: events.length, quarantined: 0, held: 0 });
        expect(await system.letters.count()).toMatchObject({ givenUp: 0, quarantined: 0, refused: 0 });
        // Whoever comes to the records now, since the mapping begins anew say, counts none of them again.
        for (let from = 0; from < records.length; from += 7)
          await system.aggregate({ Records: records.slice(from, from + 7) });
        expect(await system.windows()).toEqual(await calm.windows());
        expect(imbalance(await readLedger(system.states, system.letters))).toBe(0);
      },
    ),
    { numRuns: runs(300) },
  );
});

test('an event without an id behind its source’s position is left, unless it is asked for', async () => {
  const system = new System();
  const at = (number: number) =>
    kinesisRecord({
      data: { source: 'a', time: 1_500_000_000_000 },
      sequence: sequenceOf(number),
      arrivalMs: 1_500_000_000_000,
    });
  await system.aggregate({ Records: [at(2)] });
  await importBatch(
    { kind: 'telemetry', records: [at(1), at(3)], condition: 'RecordAgeExceeded' },
    { pipeline: PIPELINE, deadLetters: system.letters, givenUp },
  );
  const deps = { pipeline: PIPELINE, states: system.states, deadLetters: system.letters };
  expect(await redriveLetters(deps)).toMatchObject({ applied: 1, left: { doubtful: 1 } });
  expect(await redriveLetters(deps)).toMatchObject({ applied: 0, left: { doubtful: 1, already: 1 } });
  expect(await redriveLetters(deps, { doubtful: true })).toMatchObject({ applied: 1, left: { already: 1 } });
});

const OTHER = 'arn:aws:kinesis:eu-central-1:123456789012:stream/other';

test('an event without an id is known by its place when its record is read later, also among those of another stream', async () => {
  const system = new System();
  const at = (number: number, arrivalMs = 1_500_000_000_000) =>
    kinesisRecord({
      data: { source: 'a', time: 1_500_000_000_000, values: { v: 1 } },
      sequence: sequenceOf(number),
      arrivalMs,
    });
  const inOther = (number: number) => ({ ...at(number, 1_500_000_000_010), eventSourceARN: OTHER });
  await system.aggregate({ Records: [at(5)] });
  // The position in one stream has passed a number that a record of the other has.
  for (const given of [
    [at(6), at(8)],
    [inOther(2), inOther(7)],
  ])
    await importBatch(
      { kind: 'telemetry', records: given, condition: 'RecordAgeExceeded' },
      { pipeline: PIPELINE, deadLetters: system.letters, givenUp },
    );
  const deps = { pipeline: PIPELINE, states: system.states, deadLetters: system.letters };
  expect(await redriveLetters(deps)).toMatchObject({ applied: 4, left: {} });
  const before = await system.windows();
  expect(before.get('a')).toEqual([5, [[1_500_000_000_000, [5]]]]);
  await system.aggregate({ Records: [inOther(2), inOther(7)] });
  await system.aggregate({ Records: [at(6), at(8)] });
  expect(await system.windows()).toEqual(before);
  // What comes behind them is new.
  await system.aggregate({ Records: [at(9)] });
  expect((await system.windows()).get('a')).toEqual([6, [[1_500_000_000_000, [6]]]]);
});
