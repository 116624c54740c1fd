// A pipeline definition small enough that windows open, close and are missed within a minute.
import type { Random } from '../../producers/simulators/random.ts';
import type { AggregationDefinition, PipelineDefinition } from '../core/pipeline/definition.ts';

export function drawPipeline(random: Random): PipelineDefinition {
  const aggregations = Array.from({ length: random.integer(1, 3) }, (_, at) => drawAggregation(random, at));
  const rolled = aggregations.filter(({ window }) => !('session' in window));
  const rollups = Array.from({ length: rolled.length === 0 ? 0 : random.pick([0, 1, 1, 2, 2]) }, (_, at) => ({
    name: `r${at}`,
    of: random.pick(rolled).name,
    ...random.pick([
      { by: ['site'] },
      { by: ['model'] },
      { by: ['site', 'model'] },
      { by: ['__proto__'] },
      { by: [] },
      { levels: ['site', 'model'] },
    ]),
    ...(random.chance(0.3) ? { parts: random.pick([1, 2]) } : {}),
  }));
  return {
    aggregations,
    rollups,
    dedupe: {
      horizon: random.pick(['0s', '2s', '10s', '60s']),
      ...(random.chance(0.25) ? { by: 'id+time' as const } : {}),
    },
    maxClockSkew: random.pick(['0s', '2s', '20s']),
    ...(random.chance(0.3) ? { retention: '1h' } : {}),
  };
}

export function drawAggregation(random: Random, at: number): AggregationDefinition {
  return {
    name: `a${at}`,
    window: random.pick([
      { tumbling: '1s' },
      { tumbling: '2500ms' },
      { tumbling: '5s' },
      { tumbling: '20s' },
      { tumbling: '5s', offset: '2500ms' },
      { hopping: { size: '5s', every: '1s' } },
      { hopping: { size: '5s', every: '2s', offset: '1500ms' } },
      { hopping: { size: '20s', every: '7s' } },
      { session: { gap: '1s' } },
      { session: { gap: '5s' } },
    ]),
    ...(random.chance(0.3) ? { filter: random.pick(FILTERS) } : {}),
    allowedLateness: random.pick(['0s', '0s', '1s', '5s', '20s']),
    idleTimeout: random.pick(['1s', '3s', '15s']),
    ...(random.chance(0.25) ? { values: ['v'] } : {}),
    aggregates: random.chance(0.5)
      ? ['count', 'sum', 'first', 'last']
      : ['count', 'sum', 'min', 'max', 'mean'],
    ...(random.chance(0.3) ? drawMore(random) : {}),
  };
}

/** Aggregates that are more than sums and extremes: some, or all. */
function drawMore(random: Random): Partial<AggregationDefinition> {
  const more = (['variance', 'stddev', 'increase', 'rate', 'quantiles'] as const).filter(() =>
    random.chance(0.6),
  );
  return {
    ...(more.length === 0 ? {} : { aggregates: ['last', ...more] }),
    ...((more.includes('increase') || more.includes('rate')) && random.chance(0.4)
      ? { counters: random.pick([{ carry: false }, { dip: 0.3 }, { dip: 0.05, carry: false }]) }
      : {}),
    ...(more.includes('quantiles') ? { relativeError: random.pick([0.001, 0.01, 0.05]) } : {}),
    ...(random.chance(0.5) ? { distinct: [random.pick(FIELDS), 'values.v'] } : {}),
    ...(random.chance(0.5) ? { topK: [{ of: random.pick(FIELDS), k: random.pick([1, 3]) }] } : {}),
  };
}

const FIELDS = ['source', 'type', 'id', 'tags.site', 'tags.__proto__', 'values.w'];

const FILTERS: readonly NonNullable<AggregationDefinition['filter']>[] = [
  { types: ['reading'] },
  { types: ['alarm', 'state'] },
  { tags: { site: ['a', 'b'] } },
];
