// Every case of the benchmark still does its work: nothing here is timed.
import { describe, expect, it } from 'vitest';
import { CASES } from '../bench/case-list.ts';
import { ForkedCase } from '../bench/forked-case.ts';

describe('a case of the benchmark comes to the totals of its batches', () => {
  it.each(CASES)('$title', async ({ name }) => {
    using forked = new ForkedCase(name, { records: 30, sources: 7 });
    expect(await forked.round(3)).toMatchObject({ kind: 'round' });
    expect(await forked.round(1)).toMatchObject({ kind: 'round' });
  });
});
