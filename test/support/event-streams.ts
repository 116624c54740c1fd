// Random event streams from a universe so small that ids repeat, times collide and run backwards, and windows close.
import fc from 'fast-check';
import type { SequenceNumber, ShardId } from '../../src/core/brands.ts';
import type { Coordinates, TelemetryEvent } from '../../src/core/event.ts';
import type { AggregationDefinition, PipelineDefinition } from '../../src/core/pipeline/definition.ts';
import { parsePipeline } from '../../src/core/pipeline/parse-pipeline.ts';
import type { Pipeline } from '../../src/core/pipeline/pipeline.ts';
import type { ReferenceEvent } from '../../src/simulation/reference-model.ts';

/** An event with its place in the stream. */
export interface StreamEntry {
  readonly event: TelemetryEvent;
  readonly at: Coordinates;
  readonly arrivalMs: number;
}

export const STREAM_ARN = 'arn:aws:kinesis:us-east-1:000000000000:stream/test';
export const SHARD = 'shardId-000000000000' as ShardId;
export const CHILD_SHARD = 'shardId-000000000001' as ShardId;

/** A stream of one shard; some records carry several events. */
export function arbitraryStream({ maxLength = 40 } = {}): fc.Arbitrary<StreamEntry[]> {
  return fc
    .array(fc.record({ event: arbitraryEvent, sameRecord: fc.boolean() }), { minLength: 1, maxLength })
    .map((drafts) => {
      let record = 0;
      let index = 0;
      return drafts.map(({ event, sameRecord }, position) => {
        index = sameRecord && position > 0 ? index + 1 : 0;
        if (index === 0) record += 1;
        return {
          event,
          at: { shard: SHARD, sequence: sequenceOf(record), index },
          arrivalMs: 1_000 + record,
        };
      });
    });
}

/** What the reference is given of a stream. */
export function referenceEvents(stream: readonly StreamEntry[]): ReferenceEvent[] {
  return stream.map(({ event, arrivalMs }) => ({ ...event, arrivalMs }));
}

/** Sequence numbers longer than a double holds, of lengths that differ from the tenth on. */
export function sequenceOf(record: number): SequenceNumber {
  return String(99_999_999_999_999_999_990n + BigInt(record)) as SequenceNumber;
}

/** Lengths of batches. */
export const arbitraryCuts: fc.Arbitrary<number[]> = fc.array(fc.integer({ min: 1, max: 9 }), {
  minLength: 1,
  maxLength: 8,
});

/** Into batches, the lengths cycled through. Records stay whole: a batch that would end in one ends behind it. */
export function cut<T>(stream: readonly T[], lengths: readonly number[]): T[][] {
  const batches: T[][] = [];
  let from = 0;
  for (let turn = 0; from < stream.length; turn += 1) {
    const end = endOfRecord(stream, from + (lengths[turn % lengths.length] ?? 1));
    batches.push(stream.slice(from, end));
    from = end;
  }
  return batches;
}

/** Where the record that `position` stands in ends: a record is delivered whole. */
export function endOfRecord<T>(stream: readonly T[], position: number): number {
  let end = position;
  while (end > 0 && end < stream.length && isOneRecord(stream[end - 1], stream[end])) end += 1;
  return end;
}

function isOneRecord(one: unknown, next: unknown): boolean {
  const place = placeIn(one);
  const other = placeIn(next);
  return place !== undefined && place.shard === other?.shard && place.sequence === other.sequence;
}

function placeIn(entry: unknown): Coordinates | undefined {
  return typeof entry === 'object' && entry !== null && 'at' in entry
    ? (entry as StreamEntry).at // what streams of tests have there
    : undefined;
}

const arbitraryWindow: fc.Arbitrary<AggregationDefinition['window']> = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(1, 7, 10, 25).map((size) => ({ tumbling: `${size}ms` })) },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom([10, 5], [10, 10], [12, 5], [30, 7], [25, 1])
      .map(([size, every]) => ({ hopping: { size: `${size}ms`, every: `${every}ms` } })),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom<AggregationDefinition['window']>(
      { tumbling: '10ms', offset: '3ms' },
      { hopping: { size: '12ms', every: '5ms', offset: '4ms' } },
      { calendar: 'day', timezone: 'Asia/Tokyo' },
    ),
  },
  { weight: 2, arbitrary: fc.constantFrom(1, 4, 10, 30).map((gap) => ({ session: { gap: `${gap}ms` } })) },
);

const arbitraryFilter: fc.Arbitrary<AggregationDefinition['filter']> = fc.option(
  fc.constantFrom(
    { types: ['reading'] },
    { types: ['alarm', '__proto__'] },
    { tags: { site: ['n', ''] } },
    { types: ['reading', 'alarm'], tags: Object.fromEntries([['__proto__', ['s']]]) },
  ),
  { nil: undefined, freq: 2 },
);

/**
 * One to four aggregations with windows of every kind, different lateness and filters; rollups of the first that has no
 * sessions, by tags together and by levels.
 */
export const arbitraryPipeline: fc.Arbitrary<Pipeline> = fc
  .record({
    aggregations: fc.array(
      fc.record({
        window: arbitraryWindow,
        filter: arbitraryFilter,
        lateness: fc.constantFrom(0, 5, 20, 60),
        values: fc.option(fc.constant(['v', '__proto__']), { nil: undefined, freq: 4 }),
        keepsSamples: fc.boolean(),
      }),
      { minLength: 1, maxLength: 4 },
    ),
    horizon: fc.constantFrom(0, 8, 50),
    by: fc.constantFrom('id' as const, 'id' as const, 'id+time' as const),
    maxClockSkew: fc.constantFrom('5m', '5m', '1s'),
    rollupTags: fc.subarray(['site', '__proto__'], { minLength: 0 }),
    parts: fc.constantFrom(undefined, 1, 2),
  })
  .map(({ aggregations, horizon, by, maxClockSkew, rollupTags, parts }) => {
    const summedUp = aggregations.findIndex(({ window }) => !('session' in window));
    const rollup = { of: `a${summedUp}`, ...(parts === undefined ? {} : { parts }) };
    return parsePipeline({
      aggregations: aggregations.map(({ window, filter, lateness, values, keepsSamples }, at) => ({
        name: `a${at}`,
        window,
        ...(filter === undefined ? {} : { filter }),
        allowedLateness: `${lateness}ms`,
        idleTimeout: '1s',
        ...(values === undefined ? {} : { values }),
        aggregates: keepsSamples ? ['sum', 'first', 'last'] : ['sum'],
      })),
      rollups:
        summedUp < 0
          ? []
          : [
              { ...rollup, name: 'r0', by: rollupTags },
              ...(rollupTags.length > 1 ? [{ ...rollup, name: 'r1', levels: rollupTags }] : []),
            ],
      dedupe: { horizon: `${horizon}ms`, by },
      maxClockSkew,
    } satisfies PipelineDefinition);
  });

/** Numbers whose sums overflow, cancel and lose bits when added carelessly. */
export const arbitraryValue: fc.Arbitrary<number> = fc.constantFrom(
  0,
  1,
  -1,
  0.1,
  -0.3,
  1e16,
  -1e16,
  2 ** -1074,
  Number.MAX_VALUE,
  -Number.MAX_VALUE,
  2 ** 970,
);

const arbitraryEvent: fc.Arbitrary<TelemetryEvent> = fc.record({
  source: fc.constantFrom('a', 'a', 'a', 'b', '__proto__'),
  id: fc.constantFrom(undefined, '1', '2', '3', 1, 2, 4, '4', -5, '-5', 'x', 'x "y"', '__proto__'),
  type: fc.constantFrom('reading', 'reading', 'alarm', '__proto__'),
  time: fc.oneof(
    { weight: 8, arbitrary: fc.integer({ min: 0, max: 40 }) },
    { weight: 3, arbitrary: fc.integer({ min: 40, max: 120 }) },
    { weight: 1, arbitrary: fc.constantFrom(1_000, 5_000) },
  ),
  values: fc
    .uniqueArray(fc.tuple(fc.constantFrom('v', 'w', '__proto__', 'constructor'), arbitraryValue), {
      selector: ([name]) => name,
      maxLength: 3,
    })
    .map((entries): Record<string, number> => Object.fromEntries(entries)),
  tags: fc
    .uniqueArray(fc.tuple(fc.constantFrom('site', '__proto__'), fc.constantFrom('n', 's', '')), {
      selector: ([name]) => name,
    })
    .map((entries): Record<string, string> => Object.fromEntries(entries)),
});
