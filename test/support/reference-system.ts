// What a stream must come to, from the reference model alone: verdicts, source windows, rollups, dead letters, books.
import type { Coordinates } from '../../src/core/event.ts';
import type { Pipeline } from '../../src/core/pipeline.ts';
import { rollupSeries, sourceSeries } from '../../src/core/series.ts';
import {
  finalWindows,
  judge,
  metricsOf,
  type ReferenceMetric,
  type ReferenceVerdict,
} from '../../src/simulation/reference-model.ts';
import type { Telemetry } from './arbitrary-telemetry.ts';
import { plain, windowKey } from './system-view.ts';

export interface ReferenceOutcome {
  readonly ledger: Readonly<Record<'received' | 'applied' | 'duplicate' | 'late' | 'quarantined', number>>;
  readonly sourceWindows: ReadonlyMap<string, unknown>;
  readonly rollupWindows: ReadonlyMap<string, unknown>;
  /** By coordinates, whether late or quarantined. */
  readonly letters: ReadonlyMap<string, 'late' | 'quarantined'>;
}

export function referenceOutcome(telemetry: Telemetry, pipeline: Pipeline): ReferenceOutcome {
  const judged = judge(
    telemetry.entries.map(({ event }) => event),
    pipeline,
  );
  const count = (verdict: string) => judged.filter((each) => each.verdict === verdict).length;
  const lateAt = telemetry.entries.filter((_, at) => judged[at]?.verdict === 'late').map(({ at }) => at);
  return {
    ledger: {
      received: judged.length + telemetry.quarantined.length,
      applied: count('applied'),
      duplicate: count('duplicate'),
      late: count('late'),
      quarantined: telemetry.quarantined.length,
    },
    sourceWindows: new Map(
      finalWindows(judged, pipeline).map(({ source, aggregation, start, events, metrics }) => [
        windowKey({ series: sourceSeries(aggregation, source), start }),
        contents(pipeline, aggregation, { start, events, metrics }),
      ]),
    ),
    rollupWindows: new Map(pipeline.rollups.flatMap((rollup) => [...groupBy(rollup, judged, pipeline)])),
    letters: new Map(
      [
        ...lateAt.map((at) => [letterKey(at), 'late'] as const),
        ...telemetry.quarantined.map((at) => [letterKey(at), 'quarantined'] as const),
      ].sort(([a], [b]) => (a < b ? -1 : 1)),
    ),
  };
}

/** A rollup as what it stands for: its aggregation's applied events by window and tag values. */
function groupBy(
  rollup: Pipeline['rollups'][number],
  judged: readonly ReferenceVerdict[],
  pipeline: Pipeline,
): Map<string, unknown> {
  const aggregation = aggregationOf(pipeline, rollup.of);
  // Events of one time in different sources are in no stream order: they stand by source.
  const applied = judged
    .filter(({ appliedTo }) => appliedTo.includes(rollup.of))
    .map(({ event }) => event)
    .sort((a, b) => (a.source < b.source ? -1 : a.source > b.source ? 1 : 0));
  const groups = Map.groupBy(applied, ({ time, tags }) => {
    const values = rollup.by.map((tag) => (Object.hasOwn(tags, tag) ? (tags[tag] ?? null) : null));
    const start = time - (time % aggregation.sizeMs);
    return JSON.stringify([rollupSeries(rollup.name, values), start]);
  });
  return new Map(
    [...groups].map(([key, events]) => {
      const [series, start] = JSON.parse(key);
      const metrics = metricsOf(events, aggregation.values);
      return [
        windowKey({ series, start }),
        contents(pipeline, rollup.of, { start, events: events.length, metrics }),
      ];
    }),
  );
}

function contents(
  pipeline: Pipeline,
  name: string,
  window: { start: number; events: number; metrics: ReadonlyMap<string, ReferenceMetric> },
): unknown {
  const { sizeMs, keepSamples } = aggregationOf(pipeline, name);
  const metrics = [...window.metrics].map(([metric, { first, last, ...always }]) => {
    return [metric, plain(keepSamples ? { ...always, first, last } : always)] as const;
  });
  return { end: window.start + sizeMs, events: window.events, metrics: new Map(metrics) };
}

function aggregationOf(pipeline: Pipeline, name: string): Pipeline['aggregations'][number] {
  const aggregation = pipeline.aggregations.find((candidate) => candidate.name === name);
  if (aggregation === undefined) throw new Error(`no aggregation ${name}`);
  return aggregation;
}

function letterKey({ shard, sequence, index }: Coordinates): string {
  return `${shard}:${sequence}:${index}`;
}
