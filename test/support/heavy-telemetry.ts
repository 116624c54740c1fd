// Streams whose batches take several writes: one write carries a bounded size of late events, and nearly all are late.
import fc from 'fast-check';
import { EVENT_LIMITS } from '../../src/core/event-limits.ts';
import type { Telemetry } from './arbitrary-telemetry.ts';
import { arbitraryCuts, cut, SHARD, type StreamEntry, sequenceOf } from './event-streams.ts';
import { kinesisRecord } from './kinesis-records.ts';

/** As large as an event's tags can be: about 5 KB. */
const LONG_TAGS = Object.fromEntries(
  Array.from({ length: EVENT_LIMITS.tags }, (_, at) => [
    `tag-${at}`.padEnd(EVENT_LIMITS.tagNameLength, '-'),
    'x'.repeat(EVENT_LIMITS.tagLength),
  ]),
);

export const heavyTelemetry: fc.Arbitrary<Telemetry> = fc
  .record({
    times: fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 30, maxLength: 90, size: 'max' }),
    ids: fc.array(fc.constantFrom(undefined, undefined, '1'), { minLength: 1, maxLength: 5 }),
    cuts: arbitraryCuts.map((lengths) => lengths.map((length) => length * 4)),
  })
  .map(({ times, ids, cuts }) => {
    const records = cut([100_000, ...times], cuts).map((record, number) =>
      record.map((time, index): StreamEntry => {
        const id = ids[(number + index) % ids.length];
        const event = { source: 'a', id, type: 'reading', time, values: { v: time }, tags: LONG_TAGS };
        return { event, at: { shard: SHARD, sequence: sequenceOf(number), index }, arrivalMs: 100_000 };
      }),
    );
    return {
      entries: records.flat(),
      quarantined: [],
      deliveries: records.map((record, number) => {
        const at = { shard: SHARD, sequence: sequenceOf(number) };
        const data = record.map(({ event }) => event);
        return { ...at, record: kinesisRecord({ ...at, arrivalMs: 100_000, data }) };
      }),
    };
  });
