import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Route, readRoute, writeRoute } from '../../../src/dashboard/data/route.ts';

const name = fc.string({ minLength: 1, unit: 'grapheme' }).filter((text) => text.isWellFormed());
const route: fc.Arbitrary<Route> = fc.oneof(
  fc.constant<Route>({ page: 'overview' }),
  fc.record({ page: fc.constant('source' as const), source: name }),
  fc.record({ page: fc.constant('rollups' as const), rollup: fc.option(name, { nil: undefined }) }),
  fc.record({
    page: fc.constant('series' as const),
    rollup: name,
    values: fc.array(fc.option(fc.string().filter((text) => text.isWellFormed())), { minLength: 1 }),
  }),
  fc.constant<Route>({ page: 'alerts' }),
  fc.constant<Route>({ page: 'ledger' }),
);

describe('an address of the dashboard', () => {
  it('leads back to the page it was written for, whatever the names hold', () => {
    fc.assert(
      fc.property(route, (one) => {
        expect(readRoute(writeRoute(one))).toEqual(one);
      }),
    );
  });

  it('that was never written here says so', () => {
    expect(readRoute('#/%E0%A4%A')).toEqual({ page: 'unknown', fragment: '#/%E0%A4%A' });
    expect(readRoute('#/nowhere')).toMatchObject({ page: 'unknown' });
  });

  it('tells an event without the tag from one whose tag is a tilde', () => {
    expect(readRoute('#/rollups/by-site/~')).toMatchObject({ values: [null] });
    expect(readRoute('#/rollups/by-site/~~')).toMatchObject({ values: ['~'] });
  });
});
