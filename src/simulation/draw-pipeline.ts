// A pipeline definition small enough that windows open, close and are missed within a minute.
import type { Random } from '../../producers/simulators/random.ts';
import type { AggregationDefinition, PipelineDefinition } from '../core/pipeline.ts';

export function drawPipeline(random: Random): PipelineDefinition {
  const aggregations = Array.from({ length: random.integer(1, 3) }, (_, at) => drawAggregation(random, at));
  const rollups = Array.from({ length: random.pick([0, 1, 1, 2, 2]) }, (_, at) => ({
    name: `r${at}`,
    of: random.pick(aggregations).name,
    by: random.pick([['site'], ['model'], ['site', 'model'], ['__proto__']]),
  }));
  return {
    aggregations,
    rollups,
    dedupe: { horizon: random.pick(['0s', '2s', '10s', '60s']) },
    maxClockSkew: random.pick(['0s', '2s', '20s']),
    ...(random.chance(0.3) ? { retention: '1h' } : {}),
  };
}

function drawAggregation(random: Random, at: number): AggregationDefinition {
  return {
    name: `a${at}`,
    window: { tumbling: random.pick(['1s', '2500ms', '5s', '20s']) },
    allowedLateness: random.pick(['0s', '0s', '1s', '5s', '20s']),
    idleTimeout: random.pick(['1s', '3s', '15s']),
    ...(random.chance(0.25) ? { values: ['v'] } : {}),
    aggregates: random.chance(0.5)
      ? ['count', 'sum', 'first', 'last']
      : ['count', 'sum', 'min', 'max', 'mean'],
  };
}
