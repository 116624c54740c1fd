// Random streams as producers send them: events in records, bad ones among them, with a reshard on the way.
import fc from 'fast-check';
import type { Coordinates } from '../../src/core/event.ts';
import type { KinesisEventRecord } from '../../src/wire/stream-records.ts';
import type { Delivery } from './deliverer.ts';
import { arbitraryStream, CHILD_SHARD, SHARD, type StreamEntry, sequenceOf } from './event-streams.ts';
import { kinesisRecord } from './kinesis-records.ts';

export interface Telemetry {
  readonly deliveries: readonly Delivery<KinesisEventRecord>[];
  /** The good events, at their final coordinates. */
  readonly entries: readonly StreamEntry[];
  readonly quarantined: readonly Coordinates[];
}

/** Where in a record something bad stands; `whole`: a record of its own that is not even JSON. */
const arbitraryBad = fc.constantFrom('none', 'none', 'none', 'none', 'first', 'last', 'whole');

export function arbitraryTelemetry({ reshards = false } = {}): fc.Arbitrary<Telemetry> {
  return fc
    .tuple(
      arbitraryStream(),
      fc.array(arbitraryBad, { minLength: 1, maxLength: 12 }),
      reshards ? fc.nat({ max: 20 }) : fc.constant(Number.POSITIVE_INFINITY),
    )
    .map(([stream, bad, reshardAt]) => telemetryOf(stream, bad, reshardAt));
}

function telemetryOf(stream: readonly StreamEntry[], bad: readonly string[], reshardAt: number): Telemetry {
  const deliveries: Delivery<KinesisEventRecord>[] = [];
  const entries: StreamEntry[] = [];
  const quarantined: Coordinates[] = [];
  const place = () => {
    const number = deliveries.length;
    // A child's numbers need not be greater than its parent's: positions are kept by shard.
    return number < reshardAt
      ? { shard: SHARD, sequence: sequenceOf(number) }
      : { shard: CHILD_SHARD, sequence: sequenceOf(number - reshardAt - 5) };
  };
  const groups = [...Map.groupBy(stream, ({ at }) => at.sequence).values()];
  for (const [turn, group] of groups.entries()) {
    const where = bad[turn % bad.length] ?? 'none';
    const arrivalMs = group[0]?.arrivalMs ?? 0;
    if (where === 'whole') {
      const at = place();
      quarantined.push({ ...at, index: 0 });
      deliveries.push({ ...at, record: kinesisRecord({ ...at, arrivalMs, data: '{"source":"a",' }) });
    }
    const at = place();
    const ahead = where === 'first' ? 1 : 0;
    const texts = group.map(({ event: { source, ...fields } }) => ({ source: renamed(source), ...fields }));
    if (where === 'first') texts.unshift(NO_EVENT);
    if (where === 'last') texts.push(NO_EVENT);
    if (where === 'first') quarantined.push({ ...at, index: 0 });
    if (where === 'last') quarantined.push({ ...at, index: group.length });
    for (const [index, entry] of group.entries()) {
      const event = { ...entry.event, source: renamed(entry.event.source) };
      entries.push({ event, at: { ...at, index: index + ahead }, arrivalMs });
    }
    deliveries.push({ ...at, record: kinesisRecord({ ...at, arrivalMs, data: texts }) });
  }
  return { deliveries, entries, quarantined };
}

/** No event: it has no valid time. */
const NO_EVENT = { source: 'a', id: '1', type: 'reading', time: -1, values: {}, tags: {} };

/** `q` goes to the same part of a rollup window as `a` does: two sources that meet in one item. */
function renamed(source: string): string {
  return source === 'b' ? 'q' : source;
}
