// Builders for tests that say which events they need.
import type { SequenceNumber } from '../../src/core/brands.ts';
import type { TelemetryEvent } from '../../src/core/event.ts';
import { parsePipeline } from '../../src/core/pipeline/parse-pipeline.ts';
import type { Aggregation, Pipeline } from '../../src/core/pipeline/pipeline.ts';
import type { SourceEvents } from '../../src/core/source-events.ts';
import { SHARD, STREAM_ARN } from './event-streams.ts';

export function eventOf(overrides: Partial<TelemetryEvent>): TelemetryEvent {
  return { source: 'a', id: undefined, type: 'reading', time: 0, values: {}, tags: {}, ...overrides };
}

/** A batch of one record an event, numbered from `firstRecord`; unless told otherwise none arrived before its time. */
export function batchOf(
  events: readonly TelemetryEvent[],
  { firstRecord = 1, arrivalMs }: { readonly firstRecord?: number; readonly arrivalMs?: number } = {},
): SourceEvents {
  return {
    stream: STREAM_ARN,
    shard: SHARD,
    events: [...events],
    sequences: events.map((_, at) => String(firstRecord + at) as SequenceNumber),
    indexes: events.map(() => 0),
    arrivalsMs: events.map(({ time }) => arrivalMs ?? Math.max(1_000, time)),
    strays: undefined,
  };
}

/** An aggregation in numbers; `sizeMs` stands for a tumbling window of that size. */
export type AggregationInNumbers = Partial<Aggregation> & { readonly sizeMs?: number };

export function pipelineOf(...aggregations: AggregationInNumbers[]): Pipeline {
  const plain = parsePipeline({ aggregations: [{ name: 'plain', window: { tumbling: '10ms' } }] });
  return {
    ...plain,
    aggregations: plain.aggregations.flatMap((first) =>
      aggregations.map(({ sizeMs, ...overrides }, at) => ({
        ...first,
        name: `a${at}`,
        ...(sizeMs === undefined ? {} : { window: { kind: 'tumbling', sizeMs } }),
        ...overrides,
      })),
    ),
  };
}
