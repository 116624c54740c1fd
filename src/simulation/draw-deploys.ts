// Pipelines that are deployed while records come: each is the one before with something changed, or one of those before, back again.
import type { Random } from '../../producers/simulators/random.ts';
import type {
  AggregationDefinition,
  PipelineDefinition,
  RollupDefinition,
} from '../core/pipeline/definition.ts';
import { parsePipeline } from '../core/pipeline/parse-pipeline.ts';
import { drawAggregation } from './draw-pipeline.ts';
import type { PlannedAction } from './plan.ts';

export function drawDeploys(
  first: PipelineDefinition,
  { durationMs, random }: { readonly durationMs: number; readonly random: Random },
): readonly PlannedAction[] {
  const known = [first];
  let now = first;
  // A chain of names longer than a state remembers, and others.
  const count = random.chance(0.1) ? random.integer(17, 24) : random.integer(1, 6);
  const isRenaming = count > 16;
  const times = Array.from({ length: count }, () => random.integer(0, durationMs)).sort((a, b) => a - b);
  return times.map((atMs, at): PlannedAction => {
    const isBack = isRenaming ? at === count - 1 : random.chance(0.3);
    const next = isBack
      ? structuredClone(random.pick(known))
      : isRenaming
        ? renamed(now, at)
        : changed(now, random);
    now = isSound(next) ? next : structuredClone(now);
    known.push(now);
    return { atMs, kind: 'deploy', pipeline: now, ...(random.chance(0.3) ? { beside: true as const } : {}) };
  });
}

function changed(pipeline: PipelineDefinition, random: Random): PipelineDefinition {
  const { aggregations } = pipeline;
  const at = random.integer(0, aggregations.length - 1);
  const one = aggregations[at];
  if (one === undefined) return pipeline;
  const withOne = (change: Partial<AggregationDefinition>) => ({
    ...pipeline,
    aggregations: aggregations.with(at, { ...one, ...change }),
  });
  const other = drawAggregation(random, at);
  // More lateness than what has closed had: one must have gone before, and an event must come for it.
  if (random.chance(0.25)) return withOne({ allowedLateness: random.pick(['0s', '5s', '20s']) });
  switch (random.integer(0, 11)) {
    case 0:
      return withOne({ window: other.window });
    case 1:
      return withOne({ allowedLateness: random.pick(['0s', '1s', '5s', '20s']) });
    case 2: {
      const { filter, ...rest } = one;
      const without = { ...pipeline, aggregations: aggregations.with(at, rest) };
      return filter === undefined ? withOne({ filter: random.pick(FILTERS) }) : without;
    }
    case 3: {
      const { values, ...rest } = one;
      if (values === undefined) return withOne({ values: random.pick([['v'], ['w'], ['v', 'w']]) });
      return { ...pipeline, aggregations: aggregations.with(at, rest) };
    }
    case 4:
      return withOne({ aggregates: random.pick(AGGREGATES), idleTimeout: random.pick(['1s', '3s', '15s']) });
    case 5:
      return renamed(pipeline, random.integer(0, 3));
    case 6:
      return { ...pipeline, aggregations: [...aggregations, { ...other, name: `b${random.integer(0, 2)}` }] };
    case 7:
      return aggregations.length === 1 ? pipeline : without(pipeline, at);
    case 8:
    case 9:
      return { ...pipeline, rollups: changedRollups(pipeline, random) };
    case 10:
      return {
        ...pipeline,
        maxClockSkew: random.pick(['0s', '2s', '20s']),
        dedupe: { ...pipeline.dedupe, by: random.pick(['id', 'id+time'] as const) },
      };
    default:
      return { ...pipeline, counters: random.pick([{}, { carry: false }, { dip: 0.3 }]) };
  }
}

const FILTERS: readonly NonNullable<AggregationDefinition['filter']>[] = [
  { types: ['reading'] },
  { tags: { site: ['mill', ''] } },
];

const AGGREGATES: readonly NonNullable<AggregationDefinition['aggregates']>[] = [
  ['count', 'sum'],
  ['last', 'increase'],
  ['stddev', 'quantiles'],
];

function renamed(pipeline: PipelineDefinition, to: number): PipelineDefinition {
  const [first, ...others] = pipeline.aggregations;
  if (first === undefined) return pipeline;
  const name = `n${to}`;
  return {
    ...pipeline,
    aggregations: [{ ...first, name }, ...others],
    rollups: (pipeline.rollups ?? []).map((rollup) =>
      rollup.of === first.name ? { ...rollup, of: name } : rollup,
    ),
  };
}

function without(pipeline: PipelineDefinition, at: number): PipelineDefinition {
  const gone = pipeline.aggregations[at]?.name;
  return {
    ...pipeline,
    aggregations: pipeline.aggregations.toSpliced(at, 1),
    rollups: (pipeline.rollups ?? []).filter(({ of }) => of !== gone),
  };
}

function changedRollups(
  { aggregations, rollups = [] }: PipelineDefinition,
  random: Random,
): RollupDefinition[] {
  const of = random.pick(aggregations).name;
  const at = random.integer(0, Math.max(0, rollups.length - 1));
  const one = rollups[at];
  if (one === undefined || random.chance(0.3))
    return [...rollups, { name: `r${random.integer(0, 3)}`, of, by: random.pick(BY) }];
  if (random.chance(0.25)) return rollups.toSpliced(at, 1);
  const { levels, by, ...rest } = one;
  if (random.chance(0.3)) return rollups.with(at, { ...one, parts: random.pick([1, 2, 16]) });
  return rollups.with(at, {
    ...rest,
    ...random.pick([...BY.map((tags) => ({ by: tags })), { levels: ['site', 'model'] }]),
  });
}

const BY: readonly (readonly string[])[] = [['site'], ['model'], ['site', 'model'], []];

/** Rollups of sessions, and two of one name, are none. */
function isSound(pipeline: PipelineDefinition): boolean {
  try {
    parsePipeline(pipeline);
    return true;
  } catch {
    return false;
  }
}
