// Plans of days, weeks and months: what is sent was measured long ago, hours of it for each second of the run, around a night in which
// clocks are put forward or back. So days end within a run, and everything has an end before the run begins.
import type { Random } from '../../producers/simulators/random.ts';
import type { AggregationDefinition, PipelineDefinition } from '../core/pipeline/definition.ts';
import { type Plan, type PlannedEvent, START_MS } from './plan.ts';

/** Around the moment at which clocks change, or a month does where they never do. */
const PLACES = [
  { timezone: 'Europe/Berlin', atMs: Date.UTC(2025, 2, 30, 1) },
  { timezone: 'Europe/Berlin', atMs: Date.UTC(2025, 9, 26, 1) },
  { timezone: 'America/New_York', atMs: Date.UTC(2025, 2, 9, 7) },
  { timezone: 'America/Santiago', atMs: Date.UTC(2025, 8, 7, 4) },
  { timezone: 'Australia/Lord_Howe', atMs: Date.UTC(2025, 9, 4, 15, 30) },
  { timezone: 'Asia/Kathmandu', atMs: Date.UTC(2025, 4, 31, 18, 15) },
  { timezone: 'UTC', atMs: Date.UTC(2025, 5, 1) },
] as const;

/** Beyond it a clock is not off: it was never set. */
const RUN_MS = 3_600_000;

/** So far back that for a clock that is off its month has ended, and the one after it, lateness included, before the run begins. */
const LONG_AGO_MS = 62 * 86_400_000;

export function withCalendar(plan: Plan, random: Random): Plan {
  const { timezone, atMs } = random.pick(PLACES);
  const speed = random.pick([1_200, 3_600, 7_200]);
  const middleMs = Math.max(0, ...plan.records.map((record) => record.atMs)) / 2;
  const measured = (time: number): number => {
    const isOff = Math.abs(time - START_MS) > RUN_MS;
    if (isOff && (time > START_MS || time < START_MS - LONG_AGO_MS)) return time;
    return Math.min(
      isOff ? time : Math.round(atMs + (time - START_MS - middleMs) * speed),
      START_MS - LONG_AGO_MS,
    );
  };
  const drawn = new Map<PlannedEvent, PlannedEvent>();
  const redraw = (event: PlannedEvent): PlannedEvent => {
    const { time } = event;
    const placed = drawn.get(event) ?? {
      ...event,
      time: typeof time === 'number' ? measured(time) : new Date(measured(Date.parse(time))).toISOString(),
    };
    drawn.set(event, placed);
    return placed;
  };
  return {
    ...plan,
    pipeline: calendarPipeline(plan.pipeline, timezone, random),
    records: plan.records.map((record) =>
      'events' in record ? { ...record, events: record.events.map(redraw) } : record,
    ),
  };
}

/** Nothing of it is kept for a time: all of it is older than any. */
function calendarPipeline(
  { retention, ...pipeline }: PipelineDefinition,
  timezone: string,
  random: Random,
): PipelineDefinition {
  const chosen = random.integer(0, pipeline.aggregations.length - 1);
  const aggregations = pipeline.aggregations.map((each, at): AggregationDefinition => {
    if (at !== chosen && random.chance(0.5)) return each;
    const unit = random.pick(['day', 'day', 'day', 'week', 'month'] as const);
    return {
      ...each,
      window:
        unit === 'week'
          ? { calendar: unit, timezone, weekStart: random.pick(['monday', 'sunday', 'saturday'] as const) }
          : { calendar: unit, timezone },
      allowedLateness: random.pick(['0s', '0s', '1h', '12h']),
    };
  });
  return {
    ...pipeline,
    aggregations,
    dedupe: { ...pipeline.dedupe, horizon: random.pick(['0s', '1h', '1d']) },
  };
}
