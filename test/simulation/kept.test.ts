// Plans worth keeping: each found a bug once, in the system or in a part broken on purpose. None may find one again.
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { runPlan } from '../../src/simulation/run-plan.ts';
import { parseSavedPlan } from '../../src/simulation/saved-plan.ts';
import { BROKEN_PARTS } from '../support/broken-parts.ts';

const FOLDER = new URL('./kept/', import.meta.url);

const kept = readdirSync(FOLDER).map((file) => {
  return { file, ...parseSavedPlan(readFileSync(new URL(file, FOLDER), 'utf8'), file) };
});

describe('a kept plan', () => {
  test.each(kept)('holds: $file', async ({ plan, found }) => {
    expect(found, 'a word about the bug it found').not.toBe('');
    const { violation, trace } = await runPlan(plan);
    expect(violation?.message ?? '', trace().join('\n')).toBe('');
  });

  test.each(kept.filter(({ found }) => found in BROKEN_PARTS))(
    'still finds $found',
    async ({ plan, found, law }) => {
      const { violation } = await runPlan(plan, BROKEN_PARTS[found]);
      expect(violation?.law).toBe(law);
    },
  );
});
