// Reads what an alert compares, against the aggregation it watches.
import type { AlertCondition, AlertOn, Measure } from '../alerts/alert-rule.ts';
import { ALWAYS_KEPT, QUANTILE_NAMES, STATE_AGGREGATES } from '../alerts/alert-rule.ts';
import type { DefinitionReader } from './definition-reader.ts';
import type { AggregationDraft } from './pipeline.ts';

/** What an alert watches; undefined if it watches sources. */
export type Watched = AggregationDraft | undefined;

interface Watching {
  readonly when: AlertCondition;
  readonly on: AlertOn;
  readonly watched: Watched;
}

/** What the alert compares: a metric of the windows, their number of events, or a state. */
export function readMeasureOf(entry: DefinitionReader, watching: Watching): Measure {
  const { when, on, watched } = watching;
  if (when.kind === 'is') return readLasting(entry, when.state, watching);
  const aggregate = STATE_AGGREGATES.find((name) => name === entry.raw('aggregate'));
  if (aggregate !== undefined && on.kind !== 'last') return readStateMeasure(entry, aggregate, watched);
  if (entry.has('state')) {
    entry.problem(
      'state',
      `found ${JSON.stringify(entry.raw('state'))}, expected none but with the aggregate "seconds" or "share"`,
    );
  }
  return readMeasure(entry, on, watched);
}

/**
 * How long a state lasts: in a source's windows, as the source reported last, or in a series in which any source may be in the
 * state.
 */
function readLasting(entry: DefinitionReader, state: string, { on, watched }: Watching): Measure {
  if (on.kind === 'last' && watched?.window.kind === 'session') {
    entry.problem(
      'on.last',
      `found ${JSON.stringify(on.name)} with when.is, whose windows are sessions, expected one with other windows: a session knows nothing of how long a state had lasted before it`,
    );
  }
  for (const key of ['aggregate', 'state'])
    if (entry.has(key)) entry.problem(key, 'found with when.is, expected none: it says which state');
  const metric = readStateName(entry, watched, state);
  return { kind: 'state', metric, aggregate: 'lasting', state };
}

function readStateMeasure(
  entry: DefinitionReader,
  aggregate: (typeof STATE_AGGREGATES)[number],
  watched: Watched,
): Measure {
  const state = entry.text('state');
  if (aggregate === 'changes' && entry.has('state'))
    entry.problem(
      'state',
      'found with the aggregate "changes", expected none: those of all states are counted',
    );
  if (aggregate !== 'changes' && !entry.has('state'))
    entry.problem('state', `missing, expected which state the ${aggregate} are of`);
  return { kind: 'state', metric: readStateName(entry, watched, state), aggregate, state };
}

/** The value's name, which must be a state of the aggregation; and one of the distinguished states. */
function readStateName(entry: DefinitionReader, watched: Watched, state: string | undefined): string {
  const metric = entry.text('metric') ?? '';
  if (!entry.has('metric')) entry.problem('metric', 'missing, expected the name of a value that is a state');
  if (watched === undefined || metric === '') return metric;
  const rule = watched.states.find(({ of }) => of === metric);
  if (rule === undefined) {
    const known = watched.states.map(({ of }) => JSON.stringify(of)).join(', ') || 'there is none';
    entry.problem(
      'metric',
      `found ${JSON.stringify(metric)}, expected one of the states that ${JSON.stringify(watched.name)} asks for: ${known}`,
    );
  } else if (state !== undefined && rule.among?.has(state) === false) {
    entry.problem(
      entry.has('state') ? 'state' : 'when.is',
      `found ${JSON.stringify(state)}, expected one of those that are told apart: ${[...rule.among].join(', ')}`,
    );
  }
  return metric;
}

function readMeasure(entry: DefinitionReader, on: AlertOn, watched: Watched): Measure {
  if (on.kind === 'last') {
    if (entry.has('aggregate') && entry.raw('aggregate') !== 'last') {
      entry.problem(
        'aggregate',
        `found ${JSON.stringify(entry.raw('aggregate'))} with on.last, expected "last" or none`,
      );
    }
    return readMetric(entry, 'last', watched);
  }
  const aggregate = entry.raw('aggregate');
  if (aggregate !== 'events') return readMetric(entry, readAggregate(entry, watched), watched);
  if (entry.has('metric')) {
    entry.problem(
      'metric',
      'found with the aggregate "events", expected none: events are counted whatever they carry',
    );
  }
  return { kind: 'events' };
}

function readMetric(entry: DefinitionReader, aggregate: string, watched: Watched): Measure {
  const metric = entry.text('metric') ?? '';
  if (!entry.has('metric')) entry.problem('metric', 'missing, expected the name of a value');
  if (metric !== '' && watched?.values !== undefined && !watched.values.has(metric)) {
    const taken = [...watched.values].map((value) => JSON.stringify(value)).join(', ');
    entry.problem(
      'metric',
      `found ${JSON.stringify(metric)}, expected one of the values that ${JSON.stringify(watched.name)} takes: ${taken}`,
    );
  }
  if (watched !== undefined && aggregate !== '' && !keeps(watched, aggregate)) {
    entry.problem(
      aggregate === 'last' && !entry.has('aggregate') ? 'on.last' : 'aggregate',
      `found ${JSON.stringify(aggregate)}, which ${JSON.stringify(watched.name)} does not keep: expected ${JSON.stringify(askedForBy(aggregate))} among its aggregates`,
    );
  }
  return { kind: 'metric', metric, aggregate };
}

function readAggregate(entry: DefinitionReader, watched: Watched): string {
  const all = [
    ...ALWAYS_KEPT,
    'first',
    'last',
    'variance',
    'stddev',
    'increase',
    'rate',
    'timeWeightedMean',
    ...QUANTILE_NAMES,
    'events',
    ...STATE_AGGREGATES,
  ];
  const aggregate = entry.text('aggregate', all);
  if (!entry.has('aggregate') && watched !== undefined) {
    entry.problem('aggregate', `missing, expected one of ${all.join(', ')}`);
  }
  return aggregate ?? '';
}

function keeps({ keep, weights }: NonNullable<Watched>, aggregate: string): boolean {
  switch (askedForBy(aggregate)) {
    case 'first':
    case 'last':
      return keep.samples;
    case 'variance':
    case 'stddev':
      return keep.squares;
    case 'increase':
    case 'rate':
      return keep.increase;
    case 'quantiles':
      return keep.quantiles !== undefined;
    case 'timeWeightedMean':
      return weights;
    default:
      return true;
  }
}

function askedForBy(aggregate: string): string {
  return QUANTILE_NAMES.some((name) => name === aggregate) ? 'quantiles' : aggregate;
}
