import { defineConfig } from 'vitest/config';

/** Limits are for what hangs: far beyond what a test takes on a machine that is busy. */
const project = (name: string, testTimeout = 60_000) => ({
  test: { name, include: [`test/${name}/**/*.test.ts`], testTimeout, hookTimeout: 240_000 },
});

export default defineConfig({
  test: {
    // Many tests wait for servers and processes of their own: one worker would leave a core idle.
    maxWorkers: 2,
    globalSetup: ['test/support/nothing-left-behind.ts'],
    projects: [
      project('unit'),
      project('property', 300_000),
      project('conformance'),
      project('simulation', 900_000),
      project('integration', 400_000),
    ],
  },
});
