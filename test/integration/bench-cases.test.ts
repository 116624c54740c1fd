// Every case of the benchmark still does its work: nothing here is timed.
import { describe, expect, it } from 'vitest';
import { FUNCTION_NAMES } from '../../src/platform/names.ts';
import { CASES } from '../bench/case-list.ts';
import { ForkedCase } from '../bench/forked-case.ts';
import { measureBundles } from '../bench/measure-bundles.ts';

describe('a case of the benchmark comes to the totals of its batches', () => {
  it.each(CASES)('$title', async ({ name }) => {
    using forked = new ForkedCase(name, { records: 30, sources: 7 });
    expect(await forked.round(3)).toMatchObject({ kind: 'round' });
    expect(await forked.round(1)).toMatchObject({ kind: 'round' });
  });
});

describe('the bundles', () => {
  it('keep to their limit, and load with the environment they are given', async () => {
    const bundles = await measureBundles(1, () => {});
    expect(bundles.map(({ name }) => name)).toEqual(FUNCTION_NAMES);
    for (const { sizeBytes, limitBytes } of bundles) expect(sizeBytes).toBeLessThanOrEqual(limitBytes);
  });
});
