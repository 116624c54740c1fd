// Alerts on states, in a run that has both: on what sources end their windows with, say last, and were in together.
import type { Random } from '../../producers/simulators/random.ts';
import type { AggregationDefinition, AlertDefinition } from '../core/pipeline/definition.ts';
import type { Plan } from './plan.ts';

export function withAlertsOnStates(plan: Plan, random: Random): Plan {
  const { aggregations, rollups = [], alerts } = plan.pipeline;
  const stating = aggregations.find(({ states = [] }) => states.length > 0);
  if (alerts === undefined || stating === undefined) return plan;
  const own = rollups.filter(({ of }) => of === stating.name).map(({ name }) => name);
  const more = Array.from({ length: random.integer(1, 3) }, (_, at) => ({
    name: `s${at}`,
    severity: 'info' as const,
    ...drawAlert(stating, own, random),
  }));
  return { ...plan, pipeline: { ...plan.pipeline, alerts: [...alerts, ...more] } };
}

type Alert = Omit<AlertDefinition, 'name' | 'severity'>;

function drawAlert(stating: AggregationDefinition, rollups: readonly string[], random: Random): Alert {
  const [mode] = stating.states ?? [];
  const isDoor = random.chance(0.2);
  const metric = isDoor ? 'door' : 'mode';
  const state = isDoor
    ? random.pick(['true', 'false'])
    : random.pick(mode?.among ?? ['run', 'idle', 'error', 'error']);
  const on = drawOn(stating, rollups, random);
  if ('last' in on || random.chance(0.7)) {
    return {
      on,
      metric,
      when: { is: state },
      ...random.pick([{}, { for: '2s' }, { for: '5s' }, { for: '20s' }]),
      ...random.pick([{}, {}, { clear: { for: '5s' } }]),
      ...drawRest(on, random),
    };
  }
  const measure = random.pick([
    { aggregate: 'changes', when: { above: random.pick([0, 1, 3]) } },
    { aggregate: 'seconds', state, when: random.pick([{ above: 1 }, { above: 4 }, { below: 2 }]) },
    { aggregate: 'share', state, when: random.pick([{ above: 0.5 }, { below: 0.5 }]) },
  ] as const);
  return { on, metric, ...measure, ...random.pick([{}, { for: '5s' }]), ...drawRest(on, random) };
}

type On = NonNullable<AlertDefinition['on']>;

function drawOn({ name, window }: AggregationDefinition, rollups: readonly string[], random: Random): On {
  const kinds: On[] = [{ aggregation: name }, { aggregation: name, provisional: true }];
  if (!('session' in window)) kinds.push({ last: name }, { last: name }, { last: name });
  for (const rollup of rollups)
    kinds.push({ rollup }, { rollup, provisional: true }, { rollup, settle: '20s' });
  return random.pick(kinds);
}

/** Some closed windows are kept apart by tags. Series that nothing more comes of go stale if they are judged in their place. */
function drawRest(on: On, random: Random): Pick<Alert, 'filter' | 'staleAfter'> {
  if ('last' in on) return random.pick([{}, { filter: { sources: ['a', 'sensor-'] } }]);
  const stale = random.pick([{}, {}, { staleAfter: '60s' }]);
  if ('rollup' in on || on.provisional === true) return stale;
  return random.chance(0.3)
    ? { filter: { tags: random.pick([{ site: ['mill', ''] }, { model: ['x'] }]) } }
    : {};
}
