// Puts stamps exactly where something ends, or a millisecond beside it: windows, gaps of sessions, lateness, the dedupe horizon, what a
// clock may lead by. By chance alone hardly any would stand there.
import type { Random } from '../../producers/simulators/random.ts';
import { parsePipeline } from '../core/pipeline/parse-pipeline.ts';
import type { Aggregation, Pipeline } from '../core/pipeline/pipeline.ts';
import { type Plan, type PlannedEvent, START_MS } from './plan.ts';
import { boundsAround } from './reference-model.ts';

/** The share of plans with stamps on borders, that among plans with alerts (few, and about what comes in which order), and the share of events in one. */
const PLANS_SHARE = 0.6;
const ALERT_PLANS_SHARE = 0.2;
const EVENTS_SHARE = 0.25;

/** What a source has sent, in the order in which it is put. */
interface Shown {
  latest: number;
  /** The last few. */
  readonly events: { readonly time: number; readonly id: PlannedEvent['id'] }[];
}

const FEW = 12;

export function withBorders(plan: Plan, random: Random): Plan {
  const share = plan.pipeline.alerts === undefined ? PLANS_SHARE : ALERT_PLANS_SHARE;
  if (!random.chance(share)) return plan;
  const pipelines = pipelinesOf(plan);
  const bySource = new Map<string, Shown>();
  // What is sent again stays what it was.
  const drawn = new Map<PlannedEvent, PlannedEvent>();
  const redraw = (event: PlannedEvent, arrivalMs: number): PlannedEvent => {
    const shown = bySource.get(event.source) ?? { latest: -1, events: [] };
    bySource.set(event.source, shown);
    const isMoved = event.broken === undefined && shown.events.length > 0 && random.chance(EVENTS_SHARE);
    const at = { arrivalMs, pipeline: random.pick(pipelines) };
    const placed = drawn.get(event) ?? (isMoved ? onBorder(event, shown, at, random) : event);
    drawn.set(event, placed);
    if (typeof placed.time === 'number' && placed.broken === undefined) {
      shown.latest = Math.max(shown.latest, Math.min(placed.time, arrivalMs));
      shown.events.push({ time: placed.time, id: placed.id });
      if (shown.events.length > FEW) shown.events.shift();
    }
    return placed;
  };
  const records = plan.records.map((record) =>
    'events' in record
      ? { ...record, events: record.events.map((event) => redraw(event, START_MS + record.atMs)) }
      : record,
  );
  return { ...plan, records };
}

/** The pipeline, and those that are deployed over it. */
export function pipelinesOf({ pipeline, actions }: Plan): readonly Pipeline[] {
  return [pipeline, ...actions.flatMap((each) => (each.kind === 'deploy' ? [each.pipeline] : []))].map(
    (definition) => parsePipeline(definition),
  );
}

/** From one end of a month to the next it would not be long before one ends after the run. */
function latestOn({ window }: Aggregation, latestMs: number): number {
  return window.kind === 'calendar' ? START_MS - MONTH_AGO_MS : latestMs;
}

const MONTH_AGO_MS = 40 * 86_400_000;

function onBorder(
  event: PlannedEvent,
  { latest, events }: Shown,
  { arrivalMs, pipeline }: { readonly arrivalMs: number; readonly pipeline: Pipeline },
  random: Random,
): PlannedEvent {
  const aggregation = random.pick(pipeline.aggregations);
  const earlier = random.pick(events);
  const beside = random.pick([0, 0, -1, 1]);
  const moved = (time: number, id = event.id): PlannedEvent =>
    time + beside < 0 || time + beside > latestOn(aggregation, arrivalMs + pipeline.maxClockSkewMs + 1)
      ? event
      : { ...event, ...(id === undefined ? {} : { id }), time: time + beside };
  switch (random.integer(0, 5)) {
    case 0:
    case 1:
      return moved(random.pick(edgesOf(aggregation, earlier.time)));
    case 2:
      return moved(random.pick(endsOf(aggregation, earlier.time)) + aggregation.allowedLatenessMs);
    case 3:
      return moved(latestClosed(aggregation, latest));
    case 4:
      return moved(earlier.time + pipeline.dedupeHorizonMs, earlier.id);
    default:
      // Days are those of long ago: see draw-calendar.ts.
      return pipeline.aggregations.some(({ window }) => window.kind === 'calendar')
        ? event
        : moved(arrivalMs + pipeline.maxClockSkewMs);
  }
}

/** Where windows that hold the time begin and end; of a session, where another event just touches it. */
function edgesOf({ window }: Aggregation, time: number): readonly number[] {
  if (window.kind === 'session') return [time + window.gapMs, time - window.gapMs];
  return boundsAround(window, time).flatMap(({ start, end }) => [start, end]);
}

function endsOf({ window }: Aggregation, time: number): readonly number[] {
  if (window.kind === 'session') return [time + window.gapMs];
  return boundsAround(window, time).map(({ end }) => end);
}

/** An event of a window whose end and lateness the source has just reached, or has not quite. */
function latestClosed({ window, allowedLatenessMs }: Aggregation, latest: number): number {
  const border = latest - allowedLatenessMs;
  if (window.kind === 'session') return border - window.gapMs;
  return Math.max(0, ...boundsAround(window, Math.max(0, border)).map(({ start }) => start)) - 1;
}
