import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    // Most of the time of a test is a database's or a process's: three workers keep two cores busy.
    maxWorkers: 3,
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
        },
      },
    ],
  },
});
