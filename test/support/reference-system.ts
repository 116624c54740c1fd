// What a stream must come to, from the reference model alone: verdicts, source windows, rollups, dead letters, books.
import type { Coordinates } from '../../src/core/event.ts';
import type { Pipeline } from '../../src/core/pipeline/pipeline.ts';
import { rollupSeries, sourceSeries } from '../../src/core/series.ts';
import {
  finalWindows,
  judge,
  metricsOf,
  type ReferenceMetric,
  type ReferenceVerdict,
  windowsHolding,
} from '../../src/simulation/reference-model.ts';
import type { Telemetry } from './arbitrary-telemetry.ts';
import { referenceEvents } from './event-streams.ts';
import { plain, windowKey } from './system-view.ts';

export interface ReferenceOutcome {
  readonly ledger: Readonly<Record<'received' | 'applied' | 'duplicate' | 'late' | 'quarantined', number>>;
  readonly sourceWindows: ReadonlyMap<string, unknown>;
  readonly rollupWindows: ReadonlyMap<string, unknown>;
  /** By coordinates, whether late or quarantined. */
  readonly letters: ReadonlyMap<string, 'late' | 'quarantined'>;
}

export function referenceOutcome(telemetry: Telemetry, pipeline: Pipeline): ReferenceOutcome {
  const judged = judge(referenceEvents(telemetry.entries), pipeline);
  const count = (verdict: string) => judged.filter((each) => each.verdict === verdict).length;
  const refusedAt = telemetry.entries
    .filter((_, at) => judged[at]?.verdict === 'quarantined')
    .map(({ at }) => at);
  const lateAt = telemetry.entries.filter((_, at) => judged[at]?.verdict === 'late').map(({ at }) => at);
  return {
    ledger: {
      received: judged.length + telemetry.quarantined.length,
      applied: count('applied'),
      duplicate: count('duplicate'),
      late: count('late'),
      quarantined: telemetry.quarantined.length + refusedAt.length,
    },
    sourceWindows: new Map(
      finalWindows(judged, pipeline).map(({ source, aggregation, start, end, events, metrics }) => [
        windowKey({ series: sourceSeries(aggregation, source), start, end }),
        contents(pipeline, aggregation, { end, events, metrics }),
      ]),
    ),
    rollupWindows: new Map(pipeline.rollups.flatMap((rollup) => [...groupBy(rollup, judged, pipeline)])),
    letters: new Map(
      [
        ...lateAt.map((at) => [letterKey(at), 'late'] as const),
        ...[...telemetry.quarantined, ...refusedAt].map((at) => [letterKey(at), 'quarantined'] as const),
      ].sort(([a], [b]) => (a < b ? -1 : 1)),
    ),
  };
}

/** A rollup as what it stands for: its aggregation's applied events by window and tag values, at each of its levels. */
export function groupBy(
  rollup: Pipeline['rollups'][number],
  judged: readonly ReferenceVerdict[],
  pipeline: Pipeline,
): Map<string, unknown> {
  const aggregation = aggregationOf(pipeline, rollup.of);
  const { window } = aggregation;
  if (window.kind === 'session') throw new Error('a rollup of sessions');
  // Events of one time in different sources are in no stream order: they stand by source.
  const applied = judged
    .filter(({ appliedTo }) => appliedTo.includes(rollup.of))
    .sort((a, b) => (a.event.source < b.event.source ? -1 : a.event.source > b.event.source ? 1 : 0));
  const held = applied.flatMap((each) =>
    rollup.levels.flatMap((tags) => {
      const values = tags.map((tag) =>
        Object.hasOwn(each.event.tags, tag) ? (each.event.tags[tag] ?? null) : null,
      );
      const series = rollupSeries(rollup.name, values);
      return windowsHolding(aggregation, each).map((bounds) => ({ series, ...bounds, event: each.event }));
    }),
  );
  const groups = Map.groupBy(held, windowKey);
  return new Map(
    [...groups].map(([key, group]) => {
      const events = group.map(({ event }) => event);
      const end = group[0]?.end ?? 0;
      const metrics = metricsOf(events, aggregation.values);
      return [key, contents(pipeline, rollup.of, { end, events: events.length, metrics })];
    }),
  );
}

function contents(
  pipeline: Pipeline,
  name: string,
  window: { end: number; events: number; metrics: ReadonlyMap<string, ReferenceMetric> },
): unknown {
  const { samples } = aggregationOf(pipeline, name).keep;
  const metrics = [...window.metrics].map(([metric, { first, last, ...always }]) => {
    return [metric, plain(samples ? { ...always, first, last } : always)] as const;
  });
  return { end: window.end, events: window.events, metrics: new Map(metrics) };
}

function aggregationOf(pipeline: Pipeline, name: string): Pipeline['aggregations'][number] {
  const aggregation = pipeline.aggregations.find((candidate) => candidate.name === name);
  if (aggregation === undefined) throw new Error(`no aggregation ${name}`);
  return aggregation;
}

function letterKey({ shard, sequence, index }: Coordinates): string {
  return `${shard}:${sequence}:${index}`;
}
