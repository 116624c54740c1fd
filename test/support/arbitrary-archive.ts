// Streams to archive and ways in which they are delivered, drawn.
import fc from 'fast-check';
import type { ShardPlace } from '../../src/core/archive/archive-names.ts';
import type { ArchivedLine } from '../../src/core/archive/archived-object.ts';
import type { SequenceNumber, ShardId } from '../../src/core/brands.ts';

export const PLACE: ShardPlace = { stream: 'Telemetry/ü', shard: 'shardId-000000000001' as ShardId };

const START_MS = Date.parse('2026-11-28T09:59:58Z');

/** Records of a shard, in order, with arrivals that go to and fro over the borders of hours. */
export const arbitraryShard: fc.Arbitrary<readonly ArchivedLine[]> = fc
  .array(
    fc.record({
      // From one digit to another number of them: as text they would not order.
      step: fc.nat({ max: 40 }),
      arrivalStepMs: fc.oneof(
        { weight: 8, arbitrary: fc.integer({ min: -900, max: 1_500 }) },
        { weight: 1, arbitrary: fc.constantFrom(3_600_000, 7_200_000) },
      ),
      data: fc.string({ unit: 'binary', maxLength: 12 }),
    }),
    { minLength: 1, maxLength: 40 },
  )
  .map((steps) => {
    let sequence = 0;
    let arrivalMs = START_MS;
    return steps.map(({ step, arrivalStepMs, data }) => {
      sequence += step + 1;
      arrivalMs += arrivalStepMs;
      return archivedLine(String(sequence), arrivalMs, data);
    });
  });

export function archivedLine(sequence: string, arrivalMs: number, data: string): ArchivedLine {
  // digits, as all who call say
  const named = { sequence: sequence as SequenceNumber, arrivalMs };
  return { ...named, line: JSON.stringify({ ...named, partitionKey: 'k', text: data.toWellFormed() }) };
}

/** Where a delivery begins and ends, as shares of the stream. */
export interface Delivery {
  readonly from: number;
  readonly length: number;
}

export const arbitraryDelivery: fc.Arbitrary<Delivery> = fc.record({
  from: fc.double({ min: 0, max: 1, noNaN: true }),
  length: fc.nat({ max: 15 }),
});

export function delivered(
  stream: readonly ArchivedLine[],
  { from, length }: Delivery,
): readonly ArchivedLine[] {
  const at = Math.min(stream.length - 1, Math.floor(from * stream.length));
  return stream.slice(at, at + 1 + length);
}

/** The whole stream, cut into batches of the sizes given, over and over. */
export function cutInto(
  stream: readonly ArchivedLine[],
  sizes: readonly number[],
): readonly (readonly ArchivedLine[])[] {
  const batches: (readonly ArchivedLine[])[] = [];
  for (let at = 0; at < stream.length; ) {
    const size = sizes[batches.length % sizes.length] ?? 1;
    batches.push(stream.slice(at, at + size));
    at += size;
  }
  return batches;
}
