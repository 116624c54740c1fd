import { defineConfig } from 'vitest/config';

const project = (name: string, testTimeout = 10_000) => ({
  test: { name, include: [`test/${name}/**/*.test.ts`], testTimeout, hookTimeout: 60_000 },
});

export default defineConfig({
  test: {
    // Many tests wait for servers and processes of their own: one worker would leave a core idle.
    maxWorkers: 2,
    projects: [
      project('unit'),
      project('property', 60_000),
      project('conformance'),
      project('simulation', 900_000),
      project('integration', 120_000),
    ],
  },
});
