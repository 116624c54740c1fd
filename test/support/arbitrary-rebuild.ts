// Streams of several shards over some hours, one of them closed on the way and gone on with in a child, and the archive of them.
import fc from 'fast-check';
import type { SequenceNumber, ShardId } from '../../src/core/brands.ts';
import { ArchiveWriter } from '../../src/stores/archive/archive-writer.ts';
import type { Objects } from '../../src/stores/archive/objects.ts';
import { kinesisArchivedLine } from '../../src/wire/archived-line.ts';
import { failingObjects } from './failing-objects.ts';

export interface CarriedRecord {
  readonly shard: ShardId;
  readonly sequence: SequenceNumber;
  readonly arrivalMs: number;
  readonly partitionKey: string;
  readonly data: string;
}

/** As Kinesis numbers records; behind what a runner begins a shard with. */
const FIRST_SEQUENCE = 49_700_000_000_000_000_000_000_000_000_000_000_000_000_000_000_000_000_000n;

export const REBUILT_STREAM = 'telemetry';
const START_MS = Date.parse('2026-11-28T09:20:00Z');
const [PARENT, OTHER, CHILD] = [
  'shardId-000000000000',
  'shardId-000000000001',
  'shardId-000000000002',
] as unknown as readonly [ShardId, ShardId, ShardId];

const arbitraryStep = fc.record({
  source: fc.constantFrom('a', 'b', 'q', 'c'),
  arrivalStepMs: fc.oneof(
    { weight: 8, arbitrary: fc.integer({ min: 0, max: 90_000 }) },
    { weight: 2, arbitrary: fc.constantFrom(1_200_000, 3_600_000, 7_200_000) },
    // Kinesis promises no order of arrivals.
    { weight: 1, arbitrary: fc.constantFrom(-1_500, -60_000) },
  ),
  ageMs: fc.oneof(
    { weight: 4, arbitrary: fc.integer({ min: -20_000, max: 90_000 }) },
    { weight: 1, arbitrary: fc.constantFrom(600_000, 5_000_000) },
  ),
  id: fc.option(fc.constantFrom('1', '2', '3', '4', '5'), { nil: undefined }),
  value: fc.integer({ min: -5, max: 40 }),
  model: fc.constantFrom('x', 'y'),
  form: fc.oneof(
    { weight: 8, arbitrary: fc.constant('event' as const) },
    { weight: 1, arbitrary: fc.constantFrom('broken' as const, 'bad' as const, 'twice' as const) },
  ),
});

/** In the order in which the stream carried them. */
export const arbitraryCarried: fc.Arbitrary<readonly CarriedRecord[]> = fc
  .tuple(fc.array(arbitraryStep, { minLength: 1, maxLength: 40 }), fc.nat({ max: 40 }))
  .map(([steps, reshardAt]) => {
    let arrivalMs = START_MS;
    return steps.map(({ source, arrivalStepMs, ageMs, id, value, model, form }, at) => {
      arrivalMs += arrivalStepMs;
      const own = source === 'a' || source === 'b';
      const event = {
        source,
        time: arrivalMs - ageMs,
        ...(id === undefined ? {} : { id }),
        values: { v: value },
        tags: { model },
      };
      const data = { event, broken: '{"source":', bad: { ...event, time: 'never' }, twice: [event, event] }[
        form
      ];
      return {
        shard: own ? (at < reshardAt ? PARENT : CHILD) : OTHER,
        sequence: String(FIRST_SEQUENCE + BigInt(at * 7)) as SequenceNumber,
        arrivalMs,
        partitionKey: source,
        data: typeof data === 'string' ? data : JSON.stringify(data),
      };
    });
  });

/**
 * With an event more of each source, hours later and in a series of its own, which closes the source's other windows: alerts on rollups are a
 * function of final windows, and of others they know what had come by then.
 */
export function closedAtLast(carried: readonly CarriedRecord[]): readonly CarriedRecord[] {
  const arrivalMs = Math.max(...carried.map((record) => record.arrivalMs)) + 3 * HOUR_MS;
  const last = new Map(carried.map((record) => [record.partitionKey, record]));
  const closing = [...last.values()].map(({ shard, partitionKey: source }, at): CarriedRecord => {
    const event = { source, time: arrivalMs, values: { v: 0 }, tags: { model: `last of ${source}` } };
    const sequence = String(FIRST_SEQUENCE + BigInt((carried.length + at) * 7)) as SequenceNumber;
    return { shard, sequence, arrivalMs, partitionKey: source, data: JSON.stringify(event) };
  });
  return [...carried, ...closing];
}

const HOUR_MS = 3_600_000;

/** Several writers bring it, in batches of their own; some end on the way. */
export const arbitraryWriters = fc.array(
  fc.record({
    sizes: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 }),
    failing: fc.option(fc.nat({ max: 10 }), { nil: undefined }),
  }),
  { minLength: 1, maxLength: 3 },
);

export async function archiveCarried(
  objects: Objects,
  carried: readonly CarriedRecord[],
  writers: readonly { readonly sizes: readonly number[]; readonly failing: number | undefined }[],
): Promise<void> {
  const last = writers.length - 1;
  for (const [at, { sizes, failing }] of writers.entries()) {
    const into = at === last ? objects : failingObjects(objects, { failing, isDone: true });
    const writer = new ArchiveWriter(into);
    for (const [shard, records] of Map.groupBy(carried, (record) => record.shard)) {
      for (let from = 0, batch = 0; from < records.length; batch += 1) {
        const size = sizes[batch % sizes.length] ?? 1;
        const lines = records.slice(from, from + size).map(lineOf);
        const done = await writer.append({ stream: REBUILT_STREAM, shard }, lines).catch(() => undefined);
        if (done === undefined) break;
        from += size;
      }
    }
  }
}

function lineOf({ sequence, arrivalMs, partitionKey, data }: CarriedRecord) {
  return kinesisArchivedLine({
    kinesis: {
      kinesisSchemaVersion: '1.0',
      partitionKey,
      sequenceNumber: sequence,
      data: Buffer.from(data).toString('base64'),
      approximateArrivalTimestamp: arrivalMs / 1_000,
    },
  });
}
