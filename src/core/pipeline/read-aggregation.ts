// Reads the aggregations of a pipeline definition.

import type { CounterRules } from '../counter-rules.ts';
import type { EventField } from '../event-field.ts';
import { parseEventField } from '../event-field.ts';
import type { EventFilter } from '../event-filter.ts';
import { EVENT_LIMITS } from '../event-limits.ts';
import { AGGREGATE_NAMES, type AggregateName } from './aggregate-names.ts';
import type { DefinitionReader } from './definition-reader.ts';
import type { AggregationDraft, StateRule, TopKField } from './pipeline.ts';
import { readWindow } from './read-window.ts';

/** Keys whose value is the pipeline's, unless the aggregation has its own. */
interface PipelineDefaults {
  readonly retentionMs: number | undefined;
  readonly counters: CounterRules;
}

export function readAggregation(entry: DefinitionReader, defaults: PipelineDefaults): AggregationDraft {
  entry.onlyKeys([
    'name',
    'window',
    'filter',
    'allowedLateness',
    'idleTimeout',
    'retention',
    'values',
    'aggregates',
    'relativeError',
    'counters',
    'states',
    'hold',
    'distinct',
    'topK',
  ]);
  const aggregates = (entry.texts('aggregates', { allowed: AGGREGATE_NAMES }) ?? [
    'count',
    'sum',
    'min',
    'max',
    'mean',
  ]) as readonly AggregateName[]; // any other is a noted problem, and the definition is refused
  const asks = (...names: AggregateName[]) => names.some((name) => aggregates.includes(name));
  const relativeError = entry.number('relativeError', { default: 0.01, least: 0.001, most: 0.2 });
  if (entry.has('relativeError') && !asks('quantiles')) {
    entry.problem('relativeError', 'found without "quantiles" among the aggregates, expected both');
  }
  const allowedLatenessMs = entry.duration('allowedLateness', { default: 0, least: 0 });
  const idleTimeoutMs = entry.duration('idleTimeout', { default: 600_000, least: 1_000 });
  if (entry.has('counters') && !asks('increase', 'rate')) {
    entry.problem('counters', 'found without "increase" or "rate" among the aggregates, expected both');
  }
  const states = readStates(entry);
  const weights = asks('timeWeightedMean');
  if (entry.has('hold') && states.length === 0 && !weights) {
    entry.problem(
      'hold',
      'found without "states", and without "timeWeightedMean" among the aggregates, expected one of them',
    );
  }
  return {
    name: entry.name('name'),
    window: readWindow(entry),
    filter: readFilter(entry),
    allowedLatenessMs,
    idleTimeoutMs,
    retentionMs: readWindowRetention(entry, {
      retentionMs: defaults.retentionMs,
      openForMs: allowedLatenessMs + idleTimeoutMs,
    }),
    values: entry.has('values') ? new Set(entry.texts('values')) : undefined,
    aggregates,
    keep: {
      samples: asks('first', 'last'),
      squares: asks('variance', 'stddev'),
      increase: asks('increase', 'rate'),
      quantiles: asks('quantiles') ? relativeError : undefined,
    },
    weights,
    states,
    holdMs: entry.has('hold') ? entry.duration('hold', { least: 1 }) : undefined,
    counters: readCounters(entry, defaults.counters),
    distinct: readDistinct(entry),
    topK: readTopK(entry),
  };
}

/** A rollup's window must be kept longer than those of its sources: otherwise the last events would begin it again. */
function readWindowRetention(
  entry: DefinitionReader,
  {
    retentionMs: otherwise,
    openForMs,
  }: { readonly retentionMs: number | undefined; readonly openForMs: number },
): number | undefined {
  const retentionMs = readRetention(entry, otherwise);
  // An aggregation that could not be read is not checked further.
  if (retentionMs !== undefined && retentionMs > 0 && retentionMs < openForMs) {
    entry.problem(
      'retention',
      `found ${retentionMs / 60_000} minutes, expected at least allowedLateness and idleTimeout together, ${openForMs / 60_000} minutes: until then a window may still change`,
    );
  }
  return retentionMs;
}

/** The value of the pipeline, or of an aggregation, whose default is the pipeline's. */
export function readRetention(entry: DefinitionReader, otherwise?: number): number | undefined {
  return entry.has('retention') ? entry.duration('retention', { default: 0, least: 3_600_000 }) : otherwise;
}

function readFilter(entry: DefinitionReader): EventFilter | undefined {
  const filter = entry.child('filter');
  if (filter === undefined) return undefined;
  filter.onlyKeys(['types', 'tags']);
  if (filter.keys().length === 0) filter.problem('', 'found {}, expected types or tags');
  return {
    types: filter.has('types') ? new Set(filter.texts('types')) : undefined,
    tags: filter.textsByName('tags', { least: 0, most: EVENT_LIMITS.tagLength }),
  };
}

/** Distinct and top-k fields in one aggregation: each is a sketch in every open window. */
const MAX_FIELDS = 4;

function readDistinct(entry: DefinitionReader): readonly EventField[] {
  const texts = entry.texts('distinct') ?? [];
  if (texts.length > MAX_FIELDS)
    entry.problem('distinct', `found ${texts.length}, expected at most ${MAX_FIELDS}`);
  return texts.flatMap((text, at) => readField(text, (problem) => entry.problem(`distinct[${at}]`, problem)));
}

function readTopK(entry: DefinitionReader): readonly TopKField[] {
  return entry.list('topK', { least: 1, most: MAX_FIELDS, optional: true }).flatMap((child) => {
    child.onlyKeys(['of', 'k']);
    const k = child.number('k', { least: 1, most: 100, whole: true });
    return readField(child.raw('of'), (problem) => child.problem('of', problem)).map((of) => ({ of, k }));
  });
}

/** States in one aggregation: room for each is reserved in every open window. */
const MAX_STATES = 8;
/** States of one name that a source's windows distinguish. */
const MOST_TOLD_APART = 64;
const USUALLY_TOLD_APART = 16;

function readStates(entry: DefinitionReader): readonly StateRule[] {
  const rules = entry.list('states', { least: 1, most: MAX_STATES, optional: true }).map((child) => {
    child.onlyKeys(['of', 'among', 'max']);
    const of = child.text('of') ?? '';
    if (!child.has('of')) child.problem('of', 'missing, expected the name of a value');
    const among = child.texts('among', { most: EVENT_LIMITS.stateLength });
    if (among !== undefined && child.has('max'))
      child.problem('max', 'found beside "among", expected one of them');
    const max = child.number('max', {
      default: USUALLY_TOLD_APART,
      least: 1,
      most: MOST_TOLD_APART,
      whole: true,
    });
    return { of, among: among === undefined ? undefined : new Set(among), max };
  });
  for (const [at, { of }] of rules.entries()) {
    if (of !== '' && rules.findIndex((rule) => rule.of === of) < at)
      entry.problem(`states[${at}].of`, `found ${JSON.stringify(of)} a second time, expected another name`);
  }
  return rules;
}

function readField(text: unknown, problem: (text: string) => void): readonly EventField[] {
  const field = typeof text === 'string' ? parseEventField(text) : undefined;
  if (field !== undefined) return [field];
  const found = text === undefined ? 'missing' : `found ${JSON.stringify(text)}`;
  problem(`${found}, expected "source", "type", "id", "tags.NAME" or "values.NAME"`);
  return [];
}

export function readCounters(entry: DefinitionReader, defaults: CounterRules): CounterRules {
  const counters = entry.child('counters');
  if (counters === undefined) return defaults;
  counters.onlyKeys(['dip', 'carry']);
  return {
    carry: counters.has('carry') ? counters.flag('carry') : defaults.carry,
    dip: counters.number('dip', { default: defaults.dip, least: 0, most: 1 }),
  };
}
