import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'
import { RanOnReporter } from './test/support/reporter.ts'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: 'test/support/global-setup.ts',
    reporters: ['default', new RanOnReporter()],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // What is awaited comes within a second or two, but not on a machine that is busy with something else.
    expect: { poll: { timeout: 15_000 } },
    // Many files have a database and a Redis of their own; more at a time would run out of connections first.
    maxWorkers: Math.min(4, availableParallelism()),
  },
})
