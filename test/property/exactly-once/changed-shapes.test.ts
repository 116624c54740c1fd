// A record that is delivered again under other shapes: whatever they are and wherever its fold was cut off, no part of it
// counts twice, and a record that was folded in whole is never looked at again.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeBatch } from '../../../consumers/aggregate/decode-batch.ts';
import { foldEvents } from '../../../src/core/fold.ts';
import { imbalance } from '../../../src/core/ledger.ts';
import { parsePipeline } from '../../../src/core/pipeline/parse-pipeline.ts';
import type { ShapeDefinition } from '../../../src/core/shape/shape-definition.ts';
import { emptySourceState } from '../../../src/core/source-state.ts';
import { decodeState, encodeState } from '../../../src/core/state-encoding.ts';
import { SHARD, sequenceOf } from '../../support/event-streams.ts';
import { kinesisRecord } from '../../support/kinesis-records.ts';
import { runs } from '../../support/runs.ts';

const ARRIVAL_MS = 1_772_352_000_000;

/** As large as tags can be: a dozen late events fill a write. */
const TAGS = Object.fromEntries(Array.from({ length: 16 }, (_, at) => [`tag-${at}`, 'x'.repeat(256)]));

interface Row {
  readonly v: number;
  readonly skip: boolean;
}

const arbitraryRows = fc.array(fc.array(fc.boolean(), { minLength: 0, maxLength: 60, size: 'max' }), {
  minLength: 1,
  maxLength: 4,
});

/** Each row has a number of its own, by which it is known in any event. */
function recordsOf(lists: readonly (readonly boolean[])[]) {
  let next = 0;
  return lists.map((list, number) => {
    const rows = list.map((skip): Row => ({ v: next++, skip }));
    // Half of them after one that makes all that follow late.
    const data = { source: 'a', tags: TAGS, first: { v: next++, skip: false }, groups: inPairs(rows), rows };
    const at = { shard: SHARD, sequence: sequenceOf(number) };
    return { sequence: at.sequence, record: kinesisRecord({ ...at, arrivalMs: ARRIVAL_MS, data }) };
  });
}

function inPairs(rows: readonly Row[]): readonly (readonly Row[])[] {
  return Array.from({ length: Math.ceil(rows.length / 2) }, (_, at) => rows.slice(2 * at, 2 * at + 2));
}

const USUAL: ShapeDefinition = {
  name: 'usual',
  source: '$.source',
  time: { path: 't', as: 's' },
  values: ['v'],
  tags: '$.tags',
  parts: [
    { each: 'first', time: '@arrival' },
    { each: 'rows[*]', time: { path: 'v', as: 's' } },
  ],
};

/** What may change without another cut, and what may not. */
const ALIKE: readonly Partial<ShapeDefinition>[] = [
  {},
  { tags: [{ path: '$.tags', drop: ['tag-1*'] }] },
  { ignore: { equals: { skip: true } } },
  { values: ['v', { path: 'v', name: 'again' }] },
];
const OTHERWISE: readonly Partial<ShapeDefinition>[] = [
  { parts: [{ each: 'rows[*]', time: { path: 'v', as: 's' } }] },
  { parts: [{ each: 'groups[*]', time: '@arrival', values: [{ path: '.', drop: ['*skip'] }] }] },
  {
    parts: [
      { each: 'rows[*]', time: '@arrival' },
      { each: 'first', time: '@arrival' },
    ],
  },
];

const pipelineWith = (changes: Partial<ShapeDefinition>) =>
  parsePipeline({
    aggregations: [{ name: 'a', window: { tumbling: '1m' }, allowedLateness: '0s' }],
    allowOldTimes: true,
    shapes: [{ ...USUAL, ...changes }],
  });

/** Folds deliveries; `writes`: how many of them are committed before the function ends. */
class Consumer {
  #state: Uint8Array | undefined;
  readonly counted: number[] = [];
  readonly stranded: number[] = [];

  deliver(records: ReturnType<typeof recordsOf>, pipeline: ReturnType<typeof pipelineWith>, writes: number) {
    const batch = decodeBatch(
      records.map(({ record }) => record),
      pipeline,
    ).bySource.get('a');
    if (batch === undefined) return [];
    const touched = new Set<string>();
    for (let from = 0, left = writes; from < batch.events.length && left > 0; left -= 1) {
      const state =
        this.#state === undefined ? emptySourceState('a', pipeline) : decodeState('a', this.#state, pipeline);
      const { verdicts, next, changed, state: after } = foldEvents(state, batch, pipeline, from);
      for (const [at, verdict] of verdicts.entries()) {
        if (verdict === 'redelivered') continue;
        const values: Readonly<Record<string, number>> = batch.events[from + at]?.values ?? {};
        touched.add(`${batch.sequences[from + at]}`);
        const letter = after.letters.find(
          ({ at: place }) =>
            place.sequence === batch.sequences[from + at] && place.index === batch.indexes[from + at],
        );
        const rows = [...new Set(Object.values(values).filter((v) => Number.isInteger(v)))];
        (letter?.reason === 'shape-changed' ? this.stranded : this.counted).push(...rows);
      }
      if (changed) this.#state = encodeState(after);
      expect(imbalance(after.counts)).toBe(0);
      from = next;
    }
    return [...touched];
  }
}

const arbitraryRun = fc.record({
  lists: arbitraryRows,
  writes: fc.integer({ min: 0, max: 12 }),
  further: fc.array(fc.integer({ min: 0, max: 12 }), { maxLength: 2 }),
});

test('no part counts twice, whatever shapes come after one another', () => {
  const all = [...ALIKE, ...OTHERWISE].map(pipelineWith);
  fc.assert(
    fc.property(
      arbitraryRun,
      fc.constantFrom(...all),
      fc.array(fc.constantFrom(...all), { minLength: 2, maxLength: 2 }),
      ({ lists, writes, further }, first, others) => {
        const records = recordsOf(lists);
        const consumer = new Consumer();
        consumer.deliver(records, first, writes);
        for (const [at, pipeline] of others.entries())
          consumer.deliver(records, pipeline, further[at] ?? 1_000);
        expect(consumer.counted).toHaveLength(new Set(consumer.counted).size);
      },
    ),
    { numRuns: runs(300) },
  );
});

test('shapes that cut alike lose no part either', () => {
  const all = ALIKE.map(pipelineWith);
  fc.assert(
    fc.property(
      arbitraryRun,
      fc.constantFrom(...all),
      fc.constantFrom(...all),
      ({ lists, writes }, first, second) => {
        const records = recordsOf(lists);
        const consumer = new Consumer();
        consumer.deliver(records, first, writes);
        consumer.deliver(records, second, 1_000);
        expect(consumer.stranded).toEqual([]);
        expect(consumer.counted).toHaveLength(new Set(consumer.counted).size);
        // What one of them leaves out may be left out: it had its turn.
        const [once, twice] = [first, second].map((pipeline) => {
          const whole = new Consumer();
          whole.deliver(records, pipeline, 1_000);
          return whole.counted;
        });
        for (const row of once ?? []) if (twice?.includes(row)) expect(consumer.counted).toContain(row);
      },
    ),
    { numRuns: runs(200) },
  );
});

test('a record that was folded in whole is not looked at again', () => {
  const all = [...ALIKE, ...OTHERWISE].map(pipelineWith);
  fc.assert(
    fc.property(
      arbitraryRun,
      fc.constantFrom(...all),
      fc.constantFrom(...all),
      ({ lists }, first, second) => {
        const records = recordsOf(lists);
        const consumer = new Consumer();
        const once = new Set(consumer.deliver(records, first, 1_000));
        const again = consumer.deliver(records, second, 1_000);
        expect(again.filter((sequence) => once.has(sequence))).toEqual([]);
      },
    ),
    { numRuns: runs(100) },
  );
});

/** Folds deliveries into the states of as many sources as there are. */
class Consumers {
  readonly #states = new Map<string, Uint8Array>();
  /** The sources that each row has counted in. */
  readonly counted = new Map<number, string[]>();

  deliver(
    records: ReturnType<typeof recordsOf>,
    pipeline: ReturnType<typeof parsePipeline>,
    sources: readonly string[],
  ) {
    const { bySource } = decodeBatch(
      records.map(({ record }) => record),
      pipeline,
    );
    for (const [source, batch] of bySource) {
      if (!sources.includes(source)) continue;
      const before = this.#states.get(source);
      let state =
        before === undefined ? emptySourceState(source, pipeline) : decodeState(source, before, pipeline);
      for (let from = 0; from < batch.events.length; ) {
        const { verdicts, next, state: after } = foldEvents(state, batch, pipeline, from);
        for (const [at, verdict] of verdicts.entries()) {
          const row = batch.events[from + at]?.values['v'];
          if (verdict !== 'redelivered' && row !== undefined)
            this.counted.set(row, [...(this.counted.get(row) ?? []), source]);
        }
        [state, from] = [after, next];
      }
      this.#states.set(source, encodeState(state));
    }
  }
}

/** Whose a row is, by one definition and by another. */
const BY_OWNER: ShapeDefinition = { ...USUAL, name: 'owner', source: ['owner', '$.source'] };
const BY_PLACE: ShapeDefinition = { ...USUAL, name: 'owner', source: ['place', '$.source'] };
const DEPLOYED_MS = ARRIVAL_MS + 60_000;

const SOURCES = ['a', 'b', 'c'];
const arbitraryOwned = fc.record({
  rows: fc.array(fc.record({ owner: fc.constantFrom(...SOURCES), place: fc.constantFrom(...SOURCES) }), {
    minLength: 1,
    maxLength: 12,
  }),
  // Whose writes were done when the batch failed.
  written: fc.subarray(SOURCES),
});

function ownedRecords(rows: readonly { readonly owner: string; readonly place: string }[]) {
  return [0, 1].map((number) => {
    const own = rows.flatMap((row, v) => (v % 2 === number ? [{ ...row, v }] : []));
    const at = { shard: SHARD, sequence: sequenceOf(number) };
    const data = { source: 'a', tags: TAGS, rows: own };
    return { sequence: at.sequence, record: kinesisRecord({ ...at, arrivalMs: ARRIVAL_MS, data }) };
  });
}

const shapedBy = (...shapes: readonly ShapeDefinition[]) =>
  parsePipeline({
    aggregations: [{ name: 'a', window: { tumbling: '1m' }, allowedLateness: '0s' }],
    allowOldTimes: true,
    shapes,
  });

test('where another definition gives parts to other sources, and holds from a time on, every part counts once', () => {
  const time = new Date(DEPLOYED_MS).toISOString();
  const before = shapedBy(BY_OWNER);
  const after = shapedBy({ ...BY_OWNER, until: time }, { ...BY_PLACE, from: time });
  fc.assert(
    fc.property(arbitraryOwned, ({ rows, written }) => {
      const consumers = new Consumers();
      consumers.deliver(ownedRecords(rows), before, written);
      consumers.deliver(ownedRecords(rows), after, SOURCES);
      for (const [v, { owner }] of rows.entries()) expect(consumers.counted.get(v)).toEqual([owner]);
    }),
    { numRuns: runs(100) },
  );
});

test('where it holds at once, a part of a batch that had failed counts in both sources if the first had been written, else in the second alone', () => {
  fc.assert(
    fc.property(arbitraryOwned, ({ rows, written }) => {
      const consumers = new Consumers();
      consumers.deliver(ownedRecords(rows), shapedBy(BY_OWNER), written);
      consumers.deliver(ownedRecords(rows), shapedBy(BY_PLACE), SOURCES);
      for (const [v, { owner, place }] of rows.entries()) {
        const found = consumers.counted.get(v) ?? [];
        // In one source never twice, whatever the definitions say.
        expect(found).toHaveLength(new Set(found).size);
        if (written.includes(owner)) expect(found).toContain(owner);
        for (const source of found) expect([owner, place]).toContain(source);
      }
    }),
    { numRuns: runs(100) },
  );
});
