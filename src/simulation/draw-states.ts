// States in a run: some aggregation asks for them, in every pipeline that is deployed, and devices report them beside what they measure.
import type { Random } from '../../producers/simulators/random.ts';
import type { AggregationDefinition, PipelineDefinition } from '../core/pipeline/definition.ts';
import type { Plan, PlannedEvent, PlannedRecord } from './plan.ts';

export function withStates(plan: Plan, random: Random): Plan {
  const rules: Partial<AggregationDefinition> = {
    states: [{ of: 'mode', ...random.pick([{}, { among: ['run', 'idle'] }]) }, { of: 'door' }],
    ...random.pick([{}, {}, { hold: '3s' }, { hold: '12s' }]),
  };
  const isWeighing = random.chance(0.5);
  const statesOf = drawnOnce(random);
  const stating = (pipeline: PipelineDefinition) => asksForStates(pipeline, rules, isWeighing);
  return {
    ...plan,
    pipeline: stating(plan.pipeline),
    records: plan.records.map((record) => stated(record, statesOf)),
    actions: plan.actions.map((action) =>
      action.kind === 'deploy' ? { ...action, pipeline: stating(action.pipeline) } : action,
    ),
  };
}

/** The first of them does. */
function asksForStates(
  pipeline: PipelineDefinition,
  rules: Partial<AggregationDefinition>,
  isWeighing: boolean,
): PipelineDefinition {
  const [first, ...others] = pipeline.aggregations;
  if (first === undefined) return pipeline;
  const aggregates = first.aggregates ?? [];
  const weighing = isWeighing ? { aggregates: [...aggregates, 'timeWeightedMean' as const] } : {};
  return { ...pipeline, aggregations: [{ ...first, ...rules, ...weighing }, ...others] };
}

type StatesOf = (event: PlannedEvent) => Pick<PlannedEvent, 'states'>;

/** What a producer sends again says the same. In some runs states last, in others they come and go. */
function drawnOnce(random: Random): StatesOf {
  const known = new Map<PlannedEvent, Pick<PlannedEvent, 'states'>>();
  const modes = new Map<string, string>();
  const steadiness = random.pick([0, 0.5, 0.9]);
  return (event) => {
    const isKnown = known.has(event);
    const before = modes.get(event.source);
    const mode =
      !isKnown && before !== undefined && random.chance(steadiness)
        ? before
        : random.pick(['run', 'run', 'idle', 'error']);
    const states = known.get(event) ?? drawStates(event, mode, random);
    known.set(event, states);
    if (!isKnown) modes.set(event.source, mode);
    return states;
  };
}

function drawStates({ broken }: PlannedEvent, mode: string, random: Random): Pick<PlannedEvent, 'states'> {
  if (broken !== undefined || random.chance(0.3)) return {};
  return { states: random.chance(0.3) ? { mode, door: random.chance(0.5) } : { mode } };
}

function stated(record: PlannedRecord, statesOf: StatesOf): PlannedRecord {
  if ('poison' in record) return record;
  return { ...record, events: record.events.map((event) => ({ ...event, ...statesOf(event) })) };
}
