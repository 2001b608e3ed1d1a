import { defineConfig } from 'vitest/config'

/**
 * The tests that mutants of the caching code are run against: those of its units and contracts, the simulation with a
 * small budget, and real Redis servers. Not the processes of end-to-end and chaos tests: they would take days.
 */
export default defineConfig({
  root: new URL('../..', import.meta.url).pathname,
  test: {
    include: [
      'test/unit/caching/**/*.test.ts',
      'test/unit/cache/**/*.test.ts',
      'test/contract/**/*.test.ts',
      'test/integration/redis/**/*.test.ts',
      'test/integration/caching/**/*.test.ts',
      'test/property/interleaving/*-cache.test.ts',
    ],
    globalSetup: 'test/support/global-setup.ts',
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
})
