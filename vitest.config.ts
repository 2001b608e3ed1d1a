import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'
import { RanOnReporter } from './test/support/reporter.ts'

/** What runs without a server and without a browser. */
const UNIT = [
  '{unit,architecture}/**/*.test.ts',
  'contract/{in-memory,lru,null}.test.ts',
  'property/checker.test.ts',
]
const tests = process.env.MARKETFLOW_TESTS
const inTests = (patterns: readonly string[]) => patterns.map((pattern) => `test/${pattern}`)
const never = [
  '**/node_modules/**',
  // The library's tests run in a project of their own, which `test/package` makes.
  'test/consumer/**',
  // What takes long or much memory.
  ...(tests === 'deep' ? [] : ['test/**/*.deep.test.ts']),
]

const unit = {
  // These leave nothing behind, so that files can share a process and what it has imported.
  test: { name: 'unit', include: inTests(UNIT), exclude: never, isolate: false },
}
const onServers = {
  test: {
    name: 'on servers',
    include: inTests(['**/*.test.ts']),
    exclude: [...never, ...inTests(UNIT)],
    globalSetup: 'test/support/global-setup.ts',
  },
}

/** Of `test:unit`, `test:deep` and `test`. */
const PROJECTS: Readonly<Record<string, readonly object[]>> = {
  unit: [unit],
  deep: [onServers],
  all: [unit, onServers],
}

export default defineConfig({
  test: {
    projects: PROJECTS[tests ?? 'all']!.map((project) => ({ extends: true as const, ...project })),
    reporters: ['default', new RanOnReporter()],
    testTimeout: 180_000,
    hookTimeout: 300_000,
    // What is awaited comes within a second or two, but not on a machine that is busy with something else.
    expect: { poll: { timeout: 60_000 } },
    // Files wait half of the time, for leases and processes. But many have a database and a Redis of their own: more than
    // four at a time would run out of connections. What runs for long in one piece gains nothing by it.
    maxWorkers: Math.min(4, availableParallelism() + (tests === 'deep' ? 0 : 1)),
  },
})
