// A window as readers get it, by the query API and live alike.
import type { StateSummary } from '../../core/state-time.ts';
import type { SeriesWindow } from '../../core/stored-window.ts';
import type { TypeOf } from './schema.ts';
import { described, flag, integer, list, named, nullable, number, object, text } from './schema.ts';

/** A sum beyond what a double holds cannot be shown: null. */
const figure = nullable(number());

export const quantileSchema = named(
  'Quantile',
  object({
    p: described('Percent, 0 to 100', number({ minimum: 0, maximum: 100 })),
    value: described('null where the window keeps no quantiles of the metric', figure),
  }),
);

const metricSchema = named(
  'Metric',
  object(
    {
      name: text(),
      count: described('Values folded in', integer({ minimum: 0 })),
      sum: figure,
      min: figure,
      max: figure,
      mean: figure,
    },
    {
      first: figure,
      last: figure,
      variance: figure,
      stddev: figure,
      increase: figure,
      rate: described('Increase per second', figure),
      timeWeightedMean: described('Of the time that it is known what the value was', figure),
      quantileError: described(
        'The relative error of quantiles, where there are too many different values for the one asked for',
        figure,
      ),
      quantiles: list(quantileSchema),
    },
  ),
);

const stateSchema = named(
  'State',
  object(
    {
      name: described('Of the value', text()),
      times: described(
        'The longest first; what is missing to the length of a source’s window is not known',
        list(named('StateTime', object({ state: text(), ms: integer({ minimum: 0 }) }))),
      ),
      changes: described('From another state, that before the window included', integer({ minimum: 0 })),
    },
    {
      otherMs: described('In states that are not told apart', integer({ minimum: 0 })),
      last: described('The latest; an empty text for one that is not told apart', text()),
      lastingMs: described(
        'Of a final window of a source: how long it had been in the last state when it ended, within the window',
        integer({ minimum: 0 }),
      ),
    },
  ),
);

const partialSchema = named(
  'Partial',
  object(
    {},
    {
      sinceMs: described(
        'What arrived in the stream up to this moment is not in it, or counted in another way: ms since the Unix epoch',
        integer(),
      ),
      untilMs: described('What arrived later is not in it: it was closed before its time', integer()),
    },
  ),
);

export const windowSchema = named(
  'Window',
  object(
    {
      startMs: described('Event time, ms since the Unix epoch', integer()),
      endMs: described('Exclusive', integer()),
      final: described('false: provisional, more may be folded in', flag()),
      revision: described('Rises with every event folded in', integer({ minimum: 0 })),
      events: integer({ minimum: 0 }),
      metrics: list(metricSchema),
    },
    {
      partial: described(
        'There where the window holds a part of its events: the pipeline was changed',
        partialSchema,
      ),
      states: described('Where the aggregation asks for states', list(stateSchema)),
      distinct: list(named('DistinctCount', object({ of: text(), count: number({ minimum: 0 }) }))),
      topK: list(
        named(
          'TopK',
          object({
            of: text(),
            entries: list(object({ text: text(), count: number({ minimum: 0 }) })),
            missed: described(
              'By how much any count may be too low; none is too high',
              number({ minimum: 0 }),
            ),
          }),
        ),
      ),
    },
  ),
);

export type WindowAnswer = TypeOf<typeof windowSchema>;
export type MetricAnswer = WindowAnswer['metrics'][number];
export type StateAnswer = TypeOf<typeof stateSchema>;
export type Quantile = TypeOf<typeof quantileSchema>;

/** `quantiles`: by metric name, where they were asked for. */
export function windowAnswer(
  window: SeriesWindow,
  quantiles?: ReadonlyMap<string, readonly Quantile[]>,
): WindowAnswer {
  const { start, end, final, partial, revision, events, metrics, states, distinct, topK, topKMissed } =
    window;
  return {
    startMs: start,
    endMs: end,
    final,
    ...(partial === undefined ? {} : { partial }),
    revision,
    events,
    metrics: [...metrics].map(([name, summary]) => {
      const asked = quantiles?.get(name);
      return { ...metricAnswer(name, summary), ...(asked === undefined ? {} : { quantiles: asked }) };
    }),
    ...(states === undefined || states.size === 0
      ? {}
      : { states: [...states].map(([name, summary]) => stateAnswer(name, summary)) }),
    ...(distinct.size === 0 ? {} : { distinct: [...distinct].map(([of, count]) => ({ of, count })) }),
    ...(topK.size === 0
      ? {}
      : {
          topK: [...topK].map(([of, entries]) => ({
            of,
            entries: entries.map(([value, count]) => ({ text: value, count })),
            missed: topKMissed.get(of) ?? 0,
          })),
        }),
  };
}

/** As readers of JSON get it: what stands under no name of its own is apart. */
export function stateAnswer(name: string, { times, changes, last, lastingMs }: StateSummary): StateAnswer {
  const others = times.find(({ state }) => state === undefined);
  return {
    name,
    times: times.flatMap(({ state, ms }) => (state === undefined ? [] : [{ state, ms }])),
    changes,
    ...(others === undefined ? {} : { otherMs: others.ms }),
    ...(last === undefined ? {} : { last }),
    ...(lastingMs === 0 ? {} : { lastingMs }),
  };
}

function metricAnswer(name: string, summary: SeriesWindowMetric): MetricAnswer {
  const { count, sum, min, max, mean } = summary;
  const figures = new Map<string, unknown>(Object.entries(summary));
  const more = OPTIONAL_FIGURES.flatMap((key) => {
    const value = figures.get(key);
    return typeof value === 'number' ? [[key, finite(value)] as const] : [];
  });
  return {
    name,
    count,
    sum: finite(sum),
    min: finite(min),
    max: finite(max),
    mean: finite(mean),
    ...Object.fromEntries(more),
  };
}

type SeriesWindowMetric = SeriesWindow['metrics'] extends ReadonlyMap<string, infer M> ? M : never;

/** There only where the pipeline asks for them. */
export const OPTIONAL_FIGURES = [
  'first',
  'last',
  'variance',
  'stddev',
  'increase',
  'rate',
  'quantileError',
  'timeWeightedMean',
] as const;

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
