import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    // Tests of faults start several processes each: more workers than cores only make all of them wait.
    maxWorkers: 2,
    projects: [
      {
        test: {
          name: 'unit',
          include: ['packages/*/src/**/*.test.ts', 'services/*/src/**/*.test.ts', 'tests/documents/**/*.test.ts'],
          // Some start processes, which take seconds where others keep the machine busy.
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'integration',
          include: ['tests/{registry,api,decisions,start,properties,exchange,instances}/**/*.test.ts'],
          globalSetup: ['tests/support/database-server.ts'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
          // Nodes that are killed and cut off depend on a machine that others may keep busy: there a second try counts.
          retry: process.env.CI === undefined ? 0 : 1,
        },
      },
    ],
  },
});
