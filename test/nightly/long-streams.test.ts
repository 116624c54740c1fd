// Long streams against a plain model: a hundred thousand events with repeats, overtaking and lateness, every aggregate. The model
// keeps all values there are and shares nothing with the engine. LONG_STREAM_SEED=n runs one stream again.
import { expect, test } from 'vitest';
import { createRandom } from '../../producers/simulators/random.ts';
import type { MetricSummary } from '../../src/core/metric.ts';
import { createPipelineTest } from '../../src/testing/pipeline-test.ts';
import { type PlainEvent, PlainSources, type PlainWindow, RULES } from '../support/plain-sources.ts';

const EVENTS = 100_000;
const STREAMS = 3;
const SOURCES = 20;
const T0 = Date.UTC(2026, 0, 1);

const first = Number(process.env['LONG_STREAM_SEED'] ?? Math.floor(Math.random() * 1e9));
const seeds = Array.from(
  { length: process.env['LONG_STREAM_SEED'] === undefined ? STREAMS : 1 },
  (_, at) => first + at,
);

test.each(seeds)(`stream of ${EVENTS} events: LONG_STREAM_SEED=%i`, async (seed) => {
  const model = new PlainSources();
  const pipeline = createPipelineTest({
    aggregations: [
      {
        name: 'm',
        window: { tumbling: `${RULES.windowMs}ms` },
        allowedLateness: `${RULES.latenessMs}ms`,
        idleTimeout: '1d',
        aggregates: ['first', 'last', 'variance', 'stddev', 'increase', 'rate', 'quantiles'],
        distinct: ['tags.user'],
      },
    ],
    dedupe: { horizon: `${RULES.horizonMs}ms` },
  });
  const events = [...streamOf(seed)];
  for (const event of events) model.take(event);
  await pipeline.put(events);
  await pipeline.close();

  expect(await pipeline.ledger()).toMatchObject({ ...model.ledger, quarantined: 0 });
  const rows = await pipeline.windows();
  const expected = model.windows();
  expect(rows.map(({ source, startMs, events: count }) => [source, startMs, count])).toEqual(
    expected.map(({ source, startMs, events: count }) => [source, startMs, count]),
  );
  const wrong = rows.flatMap((row, at) => {
    const plain = expected[at];
    if (plain === undefined) return ['a window too many'];
    return [
      ...Object.entries(plain.metrics).flatMap(([name, values]) =>
        differences(row.metrics[name], values).map((what) => `${row.source} ${row.startMs} ${name}: ${what}`),
      ),
      ...distinctDifference(row.distinct?.['tags.user'], plain),
    ];
  });
  expect(wrong.slice(0, 10)).toEqual([]);
});

/** Times never lead; a twentieth comes again, a tenth comes late by up to twice what is allowed. */
function* streamOf(seed: number): Iterable<PlainEvent> {
  const { next: random } = createRandom(seed);
  const sent: PlainEvent[] = [];
  const counters = new Map<string, number>();
  let arrivedAt = T0;
  for (let at = 0; at < EVENTS; at += 1) {
    arrivedAt += Math.floor(random() * 200);
    const earlier = sent[sent.length - 1 - Math.floor(random() ** 3 * Math.min(sent.length, 20_000))];
    if (earlier !== undefined && random() < 0.05) {
      yield { ...earlier, arrivedAt };
      continue;
    }
    const source = `s${Math.floor(random() * SOURCES)}`;
    const delay = random() < 0.1 ? random() * 2 * (RULES.latenessMs + RULES.windowMs) : random() * 2_000;
    const before = counters.get(source) ?? 0;
    const counter = random() < 0.002 ? 0 : before + Math.floor(random() * 100);
    counters.set(source, counter);
    const event = {
      source,
      id: at,
      time: arrivedAt - Math.floor(delay),
      arrivedAt,
      values: { v: (random() - 0.3) * 10 ** (random() * 12 - 4), counter },
      tags: { user: `u${Math.floor(random() ** 2 * 500)}` },
    };
    sent.push(event);
    yield event;
  }
}

function differences(found: MetricSummary | undefined, expected: PlainWindow['metrics'][string]): string[] {
  if (found === undefined) return ['found no such metric'];
  return Object.entries(expected).flatMap(([aggregate, { value, within }]) => {
    const got = new Map(Object.entries(found)).get(aggregate);
    const isRight = got !== undefined && Math.abs(got - value) <= within;
    return isRight ? [] : [`${aggregate}: found ${got}, expected ${value} within ${within}`];
  });
}

/** Few enough texts in a window that a sketch of them is off by next to nothing. */
function distinctDifference(found: number | undefined, { users, source, startMs }: PlainWindow): string[] {
  const isRight = found !== undefined && Math.abs(found - users.size) <= Math.max(1, 0.05 * users.size);
  return isRight ? [] : [`${source} ${startMs} distinct: found ${found}, expected ${users.size}`];
}
