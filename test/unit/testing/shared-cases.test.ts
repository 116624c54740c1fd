// The recorded cases that lie beside the repository: small wrong results that users of other systems reported. Each holds in
// every way of running it. A machine without them skips this; CI does not.
import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { describeCase } from '../../../src/testing/describe-case.ts';
import { readRecordedCase } from '../../../src/testing/recorded-case.ts';
import { CASE_VARIANTS, runCase } from '../../../src/testing/run-case.ts';

const folder = fileURLToPath(new URL('../../../../shared/cases/engine/', import.meta.url));
if (!existsSync(folder) && process.env['CI'] === 'true') {
  throw new Error(
    `recorded cases: found nothing at ${folder}, expected the shared cases, which CI must have`,
  );
}
const names = existsSync(folder) ? readdirSync(folder) : [];

describe.skipIf(names.length === 0)('a recorded case holds', () => {
  test.each(names.map((name) => [name]))(
    '%s',
    async (name) => {
      const recorded = await readRecordedCase(`${folder}${name}`);
      // Many events one at a time take long, and are what the short cases show.
      const { length } = recorded.steps;
      const leastBatch = length > 1_000 ? 100 : length > 100 ? 17 : 1;
      const variants = CASE_VARIANTS.filter(({ batchSize }) => batchSize >= leastBatch);
      const result = await runCase(recorded, variants);
      expect(result.failures, describeCase(result)).toEqual([]);
      expect(result.variants).toBeGreaterThanOrEqual(4);
    },
    400_000,
  );
});
