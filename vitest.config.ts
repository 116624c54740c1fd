import { defineConfig } from 'vitest/config';
import { DearestFirst } from './test/support/dearest-first.ts';

/**
 * Limits are for what hangs: far beyond what a test takes on a machine that is busy. Files of a project share what they
 * import with the files before them in the same worker: loading it anew for each file was most of what many of them took.
 */
const project = (name: string, { testTimeout = 240_000, isolate = true } = {}) => ({
  test: { name, include: [`test/${name}/**/*.test.ts`], testTimeout, hookTimeout: 240_000, isolate },
});

/** Properties that are tried so many times as often may take so much longer. */
const runs = Math.max(1, Number(process.env['TEST_RUNS'] ?? 1));

export default defineConfig({
  test: {
    // Many tests wait for servers and processes of their own: one worker would leave a core idle.
    maxWorkers: 2,
    sequence: { sequencer: DearestFirst },
    globalSetup: ['test/support/nothing-left-behind.ts'],
    projects: [
      project('unit', { isolate: false }),
      project('property', { testTimeout: 300_000 * runs, isolate: false }),
      project('conformance', { isolate: false }),
      project('simulation', { testTimeout: 900_000, isolate: false }),
      project('integration', { testTimeout: 400_000, isolate: false }),
      // `npm run test:nightly` alone: what takes hours.
      ...(process.env['NIGHTLY'] === '1' ? [project('nightly', { testTimeout: 3_600_000 })] : []),
    ],
  },
});
