// Alerts of each kind on a drawn pipeline, with thresholds that its values come and go across.
import type { Random } from '../../producers/simulators/random.ts';
import type {
  AggregationDefinition,
  AlertDefinition,
  PipelineDefinition,
} from '../core/pipeline/definition.ts';

export function drawAlerts(pipeline: PipelineDefinition, random: Random): readonly AlertDefinition[] {
  return Array.from({ length: random.integer(1, 3) }, (_, at) => ({
    name: `w${at}`,
    severity: random.pick(['info', 'warning', 'critical'] as const),
    ...drawAlert(pipeline, random),
  }));
}

type Alert = Omit<AlertDefinition, 'name' | 'severity'>;

function drawAlert({ aggregations, rollups = [] }: PipelineDefinition, random: Random): Alert {
  const aggregation = random.pick(aggregations);
  const rollup = rollups.length === 0 ? undefined : random.pick(rollups);
  switch (random.integer(0, 9)) {
    case 0:
      return { when: { absent: random.pick(['1m', '75s']) }, ...drawSources(random) };
    case 1:
      if (rollup === undefined) break;
      return {
        on: {
          rollup: rollup.name,
          ...random.pick([{}, {}, { settle: '0s' }, { settle: '20s' }, { provisional: true }]),
        },
        ...drawMeasure(random),
        ...drawThreshold(random),
        ...drawStaleness(random),
      };
    case 2:
      return {
        on: { aggregation: aggregation.name, provisional: true },
        ...drawMeasure(random),
        ...drawThreshold(random),
        ...drawStaleness(random),
      };
    case 3:
      if (aggregation.aggregates?.includes('last') !== true) break;
      return {
        on: { last: aggregation.name },
        metric: 'v',
        ...drawThreshold(random),
        ...drawSources(random),
      };
    case 4:
      return { ...drawWatched(aggregation, random), ...drawChange(random) };
    case 5:
    case 6:
      return drawDeviation(aggregations, random);
  }
  return { ...drawWatched(aggregation, random), ...drawThreshold(random) };
}

/** Closed windows of sources. */
function drawWatched({ name }: AggregationDefinition, random: Random) {
  const tags = random.chance(0.25) ? { tags: random.pick([{ site: ['mill', ''] }, { model: ['x'] }]) } : {};
  return {
    on: { aggregation: name },
    ...drawMeasure(random),
    ...(random.chance(0.2)
      ? { filter: { sources: ['a', 'sensor-'], ...tags } }
      : 'tags' in tags
        ? { filter: tags }
        : {}),
  };
}

/** Draws a filter by source: some sources, or all. */
function drawSources(random: Random): Pick<Alert, 'filter'> {
  return random.pick([{}, { filter: { sources: ['a'] } }, { filter: { sources: ['sensor-', 'q'] } }]);
}

function drawMeasure(random: Random): Pick<AlertDefinition, 'metric' | 'aggregate'> {
  if (random.chance(0.2)) return { aggregate: 'events' };
  return { metric: 'v', aggregate: random.pick(['max', 'min', 'mean', 'sum', 'count'] as const) };
}

function drawThreshold(random: Random): Pick<Alert, 'when' | 'for' | 'clear'> {
  const isAbove = random.chance(0.6);
  const threshold = random.pick([-20, -5, 0, 1, 2, 5, 20]);
  const distance = random.pick([0, 1, 10]);
  const bound = isAbove ? { below: threshold - distance } : { above: threshold + distance };
  return {
    when: isAbove ? { above: threshold } : { below: threshold },
    ...drawFor(random),
    ...(random.chance(0.5) ? { clear: { ...bound, ...drawFor(random) } } : {}),
  };
}

function drawChange(random: Random): Pick<Alert, 'when' | 'for' | 'clear'> {
  const limit = random.pick([{ difference: 5 }, { difference: 20 }, { ratio: 0.5 }, { ratio: 2 }]);
  const direction = random.pick(['up', 'down', 'both'] as const);
  return {
    when: { changesBy: { ...limit, over: random.pick([1, 1, 2, 3]), direction } },
    ...(random.chance(0.3) ? drawFor(random) : {}),
    ...(random.chance(0.3) ? { clear: { below: 0.2 } } : {}),
  };
}

/** On the shortest windows there are: of others a run has too few for any to be unusual. */
function drawDeviation(aggregations: readonly AggregationDefinition[], random: Random): Alert {
  const [shortest = random.pick(aggregations)] = [...aggregations].sort((a, b) => spanOf(a) - spanOf(b));
  // Twelve windows are the least.
  const historyMs = spanOf(shortest) * random.pick([12, 30, 60]);
  return {
    ...drawWatched(shortest, random),
    when: {
      deviates: {
        score: random.pick([1, 1.5, 3]),
        history: `${historyMs}ms`,
        direction: random.pick(['up', 'down', 'both'] as const),
        ...(random.chance(0.5) ? { season: `${Math.floor(historyMs / random.pick([3, 8]))}ms` } : {}),
      },
    },
    ...(random.chance(0.3) ? { clear: { below: 0.5 } } : {}),
  };
}

function spanOf({ window }: AggregationDefinition): number {
  if ('calendar' in window) return DAYS_MS[window.calendar];
  const span =
    'session' in window ? window.session.gap : 'hopping' in window ? window.hopping.size : window.tumbling;
  return Number.parseInt(span, 10) * (span.endsWith('ms') ? 1 : 1_000);
}

const DAYS_MS = { day: 25 * 3_600_000, week: 169 * 3_600_000, month: 745 * 3_600_000 };

/** A run has a few minutes of event time: the clock ends most of what stands. */
function drawStaleness(random: Random): Pick<Alert, 'staleAfter'> {
  return random.pick([{}, {}, { staleAfter: '60s' }, { staleAfter: '2m' }]);
}

function drawFor(random: Random): { readonly for?: string } {
  return random.pick([{}, {}, { for: '2s' }, { for: '5s' }, { for: '20s' }]);
}
