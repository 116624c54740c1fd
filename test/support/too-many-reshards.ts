// A plan that asks for more than the system promises: a source remembers its position in four shards, and here a fifth
// reshard is followed by everything once more. So a law breaks, and one can see how that is told.
import { makePlan } from '../../src/simulation/make-plan.ts';
import { type Plan, START_MS } from '../../src/simulation/plan.ts';

export function tooManyReshards(): Plan {
  const moments = [1, 2, 3, 4, 5, 6].map((n) => n * 4_000);
  return {
    ...makePlan(1),
    shards: { telemetry: 1, changelog: 1 },
    timeoutMs: 10_000,
    polling: { idlePollMs: 500, shardRefreshMs: 500, readLimit: 1_000 },
    records: moments.map((atMs) => ({
      atMs,
      key: 'a',
      form: 'event',
      events: [{ source: 'a', time: START_MS + atMs, values: { v: 1 }, tags: {} }],
    })),
    actions: [
      ...moments.slice(0, 5).map((atMs, at) => {
        const kind = at % 2 === 0 ? ('split' as const) : ('merge' as const);
        return { atMs: atMs + 2_000, kind, stream: 'telemetry' as const, pick: 0 };
      }),
      { atMs: 28_000, kind: 'recreate', reader: 'aggregate' },
    ],
    faults: [],
  };
}
