// Law: going through the pages while events arrive, windows close and the changelog lags, a reader is given every window
// that could be read when paging began, once, in order.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ReadingSystem, restEvent } from '../../support/reading-system.ts';
import { runs } from '../../support/runs.ts';

interface Listed {
  readonly windows: readonly {
    readonly startMs: number;
    readonly endMs: number;
    readonly final: boolean;
  }[];
  readonly next?: string;
}

type Step =
  | { readonly kind: 'send'; readonly time: number }
  | { readonly kind: 'roll-up'; readonly changes: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('send' as const), time: fc.integer({ min: 0, max: 120 }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('roll-up' as const), changes: fc.integer({ min: 1, max: 3 }) }),
  },
);
const steps = fc.array(step, { maxLength: 8 });

const WINDOWS = [
  { tumbling: '10ms' },
  { hopping: { size: '20ms', every: '10ms' } },
  { session: { gap: '6ms' } },
];

/** Sessions that begin together: the first has closed when what came out of order reaches back to its beginning. */
const TOGETHER = {
  before: [6, 1, 0].map((time): Step => ({ kind: 'send', time })),
  between: [[]] as Step[][],
  limit: 1,
  order: 'asc' as const,
  lateness: '0ms' as const,
};

it.each(WINDOWS)('pages of windows $tumbling $hopping $session skip none and repeat none', async (window) => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        before: fc.array(step, { minLength: 1, maxLength: 25 }),
        between: fc.array(steps, { minLength: 1, maxLength: 6 }),
        limit: fc.integer({ min: 1, max: 4 }),
        order: fc.constantFrom('asc', 'desc'),
        lateness: fc.constantFrom('0ms', '15ms', '60ms'),
      }),
      async ({ before, between, limit, order, lateness }) => {
        const system = new ReadingSystem({
          aggregations: [{ name: 'a', window, allowedLateness: lateness }],
          rollups: [],
        });
        const run = async (todo: readonly Step[]) => {
          for (const one of todo) {
            if (one.kind === 'send') await system.send({ source: 's', time: one.time });
            else await system.rollUp(one.changes);
          }
        };
        await system.send({ source: 's', time: 0 });
        await run(before);
        const whole = await read(system, `/v1/sources/s/windows?order=${order}&limit=200`);
        const first = await read(system, `/v1/sources/s/windows?order=${order}&limit=${limit}`);
        const given = [...first.windows];
        let next = first.next;
        for (let page = 0; next !== undefined; page += 1) {
          await run(between[page % between.length] ?? []);
          const cursor: string = next;
          const listed = await read(
            system,
            `/v1/sources/s/windows?order=${order}&limit=${limit}&cursor=${cursor}`,
          );
          given.push(...listed.windows);
          next = listed.next;
        }
        const starts = given.map(({ startMs }) => startMs);
        expect(starts).toEqual(starts.toSorted((a, b) => (order === 'asc' ? a - b : b - a)));
        // Two sessions may begin together, but not end so too.
        const isSession = 'session' in window;
        const placeOf = ({ startMs, endMs }: { readonly startMs: number; readonly endMs: number }) =>
          isSession ? `${startMs}+${endMs}` : startMs;
        const places = given.map(placeOf);
        expect(places).toEqual([...new Set(places)]);
        // An open session may have grown or been merged into an earlier one since; a closed one stays.
        const isQuiet = between.flat().every(({ kind }) => kind !== 'send');
        const expected = whole.windows.filter(({ final }) => final || isQuiet || !isSession).map(placeOf);
        expect(places).toEqual(expect.arrayContaining(expected));
      },
    ),
    { numRuns: runs(150), examples: [[TOGETHER]] },
  );
});

/** Asks again as often as it is told to; meanwhile the changelog is read. */
async function read(system: ReadingSystem, path: string): Promise<Listed> {
  for (;;) {
    const asking = system.query(restEvent(path));
    await system.clock.advance(700);
    await system.rollUp();
    const { statusCode, body } = await system.clock.run(asking);
    if (statusCode === 200) return JSON.parse(body);
    expect(statusCode).toBe(503);
  }
}
