import { describe, expect, it } from 'vitest';
import type { SequenceNumber, ShardId } from '../../../src/core/brands.ts';
import { closeAll, closeBySilence, closesAtMs } from '../../../src/core/close-windows.ts';
import { foldEvents } from '../../../src/core/fold.ts';
import { parsePipeline } from '../../../src/core/pipeline/parse-pipeline.ts';
import type { SourceEvents, TickBefore } from '../../../src/core/source-events.ts';
import { emptySourceState, type SourceState } from '../../../src/core/source-state.ts';
import { decodeState, encodeState } from '../../../src/core/state-encoding.ts';

const SECOND = 1_000;
const PIPELINE = parsePipeline({
  aggregations: [
    { name: 'short', window: { tumbling: '1s' }, idleTimeout: '3s' },
    { name: 'long', window: { tumbling: '10s' }, idleTimeout: '20s' },
  ],
});
const STREAM = 'arn:aws:kinesis:us-east-1:000000000000:stream/t';

/** Events of a source that arrive when they are made, unless said otherwise, numbered on from `first`. */
function batch(
  arrivals: readonly (readonly [timeMs: number, arrivalMs?: number])[],
  {
    ticks,
    first = 1,
    strays,
  }: { ticks?: readonly TickBefore[]; first?: number; strays?: ReadonlySet<number> } = {},
): SourceEvents {
  return {
    stream: STREAM,
    shard: 'shardId-000000000000' as ShardId,
    events: arrivals.map(([time]) => ({
      source: 's',
      id: undefined,
      type: 'reading',
      time,
      values: {},
      tags: {},
    })),
    sequences: arrivals.map((_, at) => String(first + at) as SequenceNumber),
    indexes: arrivals.map(() => 0),
    arrivalsMs: arrivals.map(([time, arrivalMs = time]) => arrivalMs),
    strays,
    ticks,
  };
}

function verdictsOf(...batches: readonly SourceEvents[]) {
  let state: SourceState = emptySourceState('s', PIPELINE);
  const verdicts: string[] = [];
  for (const events of batches) {
    for (let from = 0; from < events.events.length; ) {
      const result = foldEvents(state, events, PIPELINE, from);
      state = result.state;
      verdicts.push(...result.verdicts);
      from = result.next;
    }
  }
  return { verdicts, state };
}

describe('a tick before an event', () => {
  it('closes what has fallen silent by its arrival before the event is folded in', () => {
    const late = batch([[500], [900, 9 * SECOND]], { ticks: [{ from: 1, atMs: 4 * SECOND }] });
    const { verdicts, state } = verdictsOf(late);
    expect(verdicts).toEqual(['applied', 'applied']);
    // Late for the one that its silence had closed, in time for the other.
    expect(state.open.map(({ late: count }) => count)).toEqual([1, 0]);
    expect(state.closed.map(({ aggregation }) => aggregation)).toEqual(['short']);
  });

  it('closes nothing a millisecond earlier', () => {
    const { state } = verdictsOf(
      batch([[500], [900, 9 * SECOND]], { ticks: [{ from: 1, atMs: 4 * SECOND - 1 }] }),
    );
    expect(state.open.map(({ late }) => late)).toEqual([0, 0]);
  });

  it('makes of a source what the closer would have made of it, had it run then', () => {
    const [first, second] = [batch([[500]]), batch([[900, 9 * SECOND]], { first: 2 })];
    const byTick = verdictsOf(first, { ...second, ticks: [{ from: 0, atMs: 5 * SECOND }] });
    const byCloser = verdictsOf(first).state;
    expect(closeBySilence(byCloser, 5 * SECOND)).toBe(true);
    const after = foldEvents(byCloser, second, PIPELINE);
    expect(byTick.verdicts.at(-1)).toBe(after.verdicts[0]);
    expect(byTick.state.maxTime).toBe(after.state.maxTime);
    expect(byTick.state.counts).toEqual(after.state.counts);
    expect(closesAtMs(byTick.state)).toBe(closesAtMs(after.state));
  });

  it('says the same in one step as in many', () => {
    const ticks = [1, 2, 3, 4, 5, 6].map((second) => ({ from: 1, atMs: second * SECOND }));
    const many = verdictsOf(batch([[500], [900, 9 * SECOND]], { ticks }));
    const one = verdictsOf(batch([[500], [900, 9 * SECOND]], { ticks: ticks.slice(-1) }));
    expect(many).toEqual(one);
  });

  it('says nothing of an event before it, nor of one that has been folded in', () => {
    const first = batch([[500], [900, 9 * SECOND]], { ticks: [{ from: 2, atMs: 8 * SECOND }] });
    expect(verdictsOf(first).state.open.map(({ late }) => late)).toEqual([0, 0]);
    const again = { ...batch([[500], [900, 9 * SECOND]]), ticks: [{ from: 0, atMs: 99 * SECOND }] };
    const { verdicts, state } = verdictsOf(first, again);
    expect(verdicts.slice(2)).toEqual(['redelivered', 'redelivered']);
    expect(state.windowCount).toBe(2);
  });

  it('says nothing of a source that comes under other keys than its name, nor of one from two streams', () => {
    const ticks = [{ from: 1, atMs: 8 * SECOND }];
    const astray = batch([[500], [900, 9 * SECOND]], { ticks, strays: new Set([1]) });
    expect(verdictsOf(astray).state.open.map(({ late }) => late)).toEqual([0, 0]);
    const elsewhere = { ...batch([[500]]), stream: `${STREAM}-before` };
    const { state } = verdictsOf(elsewhere, {
      ...batch([[900, 9 * SECOND]]),
      ticks: [{ from: 0, atMs: 8 * SECOND }],
    });
    expect(state.open.map(({ late }) => late)).toEqual([0, 0]);
  });

  it('closes more than a write carries in several, each before the event', () => {
    const names = Object.fromEntries(Array.from({ length: 60 }, (_, at) => [`value-${at}`, at]));
    const pipeline = parsePipeline({
      aggregations: [{ name: 'a', window: { tumbling: '1s' }, allowedLateness: '1h', idleTimeout: '1h' }],
    });
    const many = batch(Array.from({ length: 40 }, (_, at): [number, number] => [at * SECOND, 40 * SECOND]));
    const events = many.events.map((event) => ({ ...event, values: names }));
    let state = emptySourceState('s', pipeline);
    state = foldEvents(state, { ...many, events }, pipeline).state;
    expect(state.windowCount).toBe(40);
    const next = batch([[39 * SECOND, 9_000 * SECOND]], {
      first: 41,
      ticks: [{ from: 0, atMs: 8_999 * SECOND }],
    });
    let writes = 0;
    let closed = 0;
    for (let from = 0; from < 1; writes += 1) {
      const result = foldEvents(state, next, pipeline, from);
      expect(result.changed).toBe(true);
      ({ state } = result);
      closed += state.closed.length;
      from = result.next;
    }
    expect(writes).toBeGreaterThan(1);
    expect(closed).toBe(40);
    expect(state.counts).toMatchObject({ received: 41, late: 1 });
    expect(state.upTo[0]?.sequence).toBe('41');
    expect(closeAll(state)).toBe(false);
  });
});

describe('a silence that ended', () => {
  const watched = parsePipeline({
    aggregations: [{ name: 'a', window: { tumbling: '1s' } }],
    alerts: [
      { name: 'gone', when: { absent: '60s' } },
      { name: 'long-gone', when: { absent: '1h' } },
    ],
  });
  const silent = (ticks: readonly TickBefore[]) =>
    foldEvents(emptySourceState('s', watched), batch([[0], [90 * SECOND]], { ticks }), watched).state;

  it('is kept where a tick shows that it lasted as long as some alert asks for, and comes back from its bytes', () => {
    const state = silent([{ from: 1, atMs: 60 * SECOND }]);
    const kept = [{ fromMs: 0, knownUntilMs: 60 * SECOND, toMs: 90 * SECOND }];
    expect(state.silences).toEqual(kept);
    expect(decodeState('s', encodeState(state), watched).silences).toEqual(kept);
    const none = silent([{ from: 1, atMs: 60 * SECOND - 1 }]);
    expect(none.silences).toEqual([]);
    expect(decodeState('s', encodeState(none), watched).silences).toEqual([]);
  });

  it('is not known without a tick, nor kept where no alert asks for any', () => {
    expect(silent([]).silences).toEqual([]);
    const { state } = verdictsOf(batch([[0], [90 * SECOND]], { ticks: [{ from: 1, atMs: 80 * SECOND }] }));
    expect(state.silences).toEqual([]);
  });

  it('is forgotten behind eight others', () => {
    const arrivals = Array.from({ length: 12 }, (_, at): [number] => [at * 100 * SECOND]);
    const ticks = arrivals.map(([time], at) => ({ from: at + 1, atMs: time + 70 * SECOND }));
    const { silences } = foldEvents(
      emptySourceState('s', watched),
      batch(arrivals, { ticks }),
      watched,
    ).state;
    expect(silences.map(({ fromMs }) => fromMs / SECOND)).toEqual([300, 400, 500, 600, 700, 800, 900, 1_000]);
  });
});
