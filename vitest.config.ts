import { defineConfig } from 'vitest/config';

/**
 * Limits are for what hangs: far beyond what a test takes on a machine that is busy. Tests that start nothing share what they
 * import with the files before them in the same worker: loading it anew for each file was most of what they took.
 */
const project = (name: string, { testTimeout = 60_000, isolate = true } = {}) => ({
  test: { name, include: [`test/${name}/**/*.test.ts`], testTimeout, hookTimeout: 240_000, isolate },
});

export default defineConfig({
  test: {
    // Many tests wait for servers and processes of their own: one worker would leave a core idle.
    maxWorkers: 2,
    globalSetup: ['test/support/nothing-left-behind.ts'],
    projects: [
      project('unit', { isolate: false }),
      project('property', { testTimeout: 300_000, isolate: false }),
      project('conformance', { isolate: false }),
      project('simulation', { testTimeout: 900_000 }),
      project('integration', { testTimeout: 400_000 }),
    ],
  },
});
