// Streams meant to make a source's state as large as it can get: long names in every script, many windows, many tags, texts
// that are never the same, values whose sums have many parts.
import fc from 'fast-check';
import type { TelemetryEvent } from '../../src/core/event.ts';
import type { AggregateName } from '../../src/core/pipeline/aggregate-names.ts';
import type { AggregationDefinition } from '../../src/core/pipeline/definition.ts';
import { parsePipeline } from '../../src/core/pipeline/parse-pipeline.ts';
import type { Pipeline } from '../../src/core/pipeline/pipeline.ts';
import { SHARD, type StreamEntry, sequenceOf } from './event-streams.ts';

const DAY_MS = 86_400_000;

/** One code point each: of one, two, three and four bytes, and one that takes six characters in JSON. */
const ALPHABETS = ['a', 'é', '\u5b57', '\u{1F600}', '\u0001'] as const;

const arbitraryAggregation: fc.Arbitrary<Omit<AggregationDefinition, 'name'> & { isStating: boolean }> =
  fc.record({
    window: fc.constantFrom<AggregationDefinition['window'][]>(
      { tumbling: '1s' },
      { tumbling: '1h' },
      { hopping: { size: '64s', every: '1s' } },
      { hopping: { size: '30m', every: '7m' } },
      { session: { gap: '5s' } },
      { session: { gap: '2d' } },
    ),
    allowedLateness: fc.constantFrom('0s', '1h', '366d'),
    aggregates: fc.constantFrom<(readonly AggregateName[])[]>(
      ['sum'],
      ['first', 'last', 'stddev'],
      ['quantiles'],
      ['increase', 'quantiles', 'variance', 'first'],
      ['timeWeightedMean', 'increase'],
    ),
    states: fc.constantFrom<NonNullable<AggregationDefinition['states']>>(
      [{ of: 's0', max: 64 }, { of: 's1' }],
      [{ of: 's0', max: 2 }],
    ),
    isStating: fc.boolean(),
    distinct: fc.constantFrom<string[]>('id', 'tags.0', 'values.v').map((field) => [field]),
    topK: fc.constantFrom({ of: 'id', k: 100 }, { of: 'tags.0', k: 3 }).map((field) => [field]),
  });

export const arbitraryGreedyPipeline: fc.Arbitrary<Pipeline> = fc
  .record({
    aggregations: fc.array(
      fc.record({ rest: arbitraryAggregation, counts: fc.constantFrom('none', 'none', 'distinct', 'topK') }),
      { minLength: 1, maxLength: 3 },
    ),
    horizon: fc.constantFrom('10m', '366d'),
    tags: fc.nat({ max: 8 }),
  })
  .map(({ aggregations, horizon, tags }) => {
    const definitions = aggregations.map(
      ({ rest: { distinct, topK, states, isStating, ...rest }, counts }, at) => ({
        ...rest,
        name: `a${at}`,
        ...(isStating ? { states } : {}),
        ...(counts === 'distinct' ? { distinct } : counts === 'topK' ? { topK } : {}),
      }),
    );
    const of = definitions.find(({ window }) => !('session' in window))?.name;
    const by = Array.from({ length: tags }, (_, at) => `${at}`);
    return parsePipeline({
      aggregations: definitions,
      rollups: of === undefined ? [] : [{ name: 'r', of, by }],
      dedupe: { horizon },
    });
  });

export const arbitraryGreed = fc.record({
  seed: fc.integer(),
  events: fc.integer({ min: 20, max: 100 }),
  alphabet: fc.constantFrom(...ALPHABETS),
  values: fc.constantFrom(0, 1, 8, 64),
  /** Value names to choose from, and texts of a tag. */
  names: fc.constantFrom(1, 64, 1_000),
  tags: fc.constantFrom(0, 1, 16),
  idLength: fc.constantFrom(0, 8, 64),
  numbers: fc.constantFrom('whole', 'decimal', 'wild'),
  times: fc.constantFrom('rising', 'anywhere', 'leaping'),
  states: fc.boolean(),
});

/** Events of one source, a record each. */
export function greedyStream(
  greed: typeof arbitraryGreed extends fc.Arbitrary<infer T> ? T : never,
): StreamEntry[] {
  const random = randomOf(greed.seed);
  const below = (n: number) => Math.floor(random() * n);
  const text = (length: number, n: number) => greed.alphabet.repeat(Math.max(0, length)) + n;
  return Array.from({ length: greed.events }, (_, at) => {
    const names = Array.from({ length: greed.values }, () =>
      text(64 - `${greed.names}`.length, below(greed.names)),
    );
    const tags = Array.from(
      { length: greed.tags },
      (_, tag) => [`${tag}`, text(200, below(greed.names))] as const,
    );
    const event: TelemetryEvent = {
      source: 'a',
      id: greed.idLength === 0 ? undefined : text(greed.idLength - 6, below(1_000_000)),
      type: 'reading',
      time: timeOf(greed.times, at, random),
      values: Object.fromEntries(names.map((name) => [name, numberOf(greed.numbers, random)])),
      tags: Object.fromEntries(tags),
      ...(greed.states ? { states: { s0: text(60, below(1_000)), s1: text(8, below(40)) } } : {}),
    };
    return { event, at: { shard: SHARD, sequence: sequenceOf(at), index: 0 }, arrivalMs: 1_000 + at };
  });
}

function timeOf(times: string, at: number, random: () => number): number {
  if (times === 'rising') return at * 1_000;
  if (times === 'anywhere') return Math.floor(random() * DAY_MS);
  return Math.floor(random() * 20) * 30 * DAY_MS + Math.floor(random() * 100_000);
}

function numberOf(numbers: string, random: () => number): number {
  if (numbers === 'whole') return Math.floor(random() * 1_000_000);
  if (numbers === 'decimal') return random();
  return (random() - 0.5) * 2 ** Math.floor(random() * 2_000 - 1_000);
}

/** Mulberry32. */
function randomOf(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
