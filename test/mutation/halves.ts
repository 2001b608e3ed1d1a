/**
 * The mutation run in two halves, each against the tests that are quick enough to be run a thousand times: the core
 * against its unit tests and the tables of views, the adapters against theirs and the contract on real servers. What the
 * simulation, a Redis Cluster and the outages would notice besides is left out: with them a run takes hours.
 */
export const HALVES = {
  core: {
    mutate: ['src/application/caching/**/*.ts'],
    tests: ['test/unit/caching/**/*.test.ts', 'test/unit/observability/shadow*.test.ts'],
  },
  adapters: {
    mutate: ['src/adapters/cache/**/*.ts', '!**/*.d.ts'],
    tests: [
      'test/unit/cache/**/*.test.ts',
      'test/contract/{lru,null,redis,tiered}.test.ts',
      'test/integration/redis/batching.test.ts',
    ],
  },
} as const

export function half(name = process.env.HALF): (typeof HALVES)[keyof typeof HALVES] {
  if (name !== 'core' && name !== 'adapters') throw new Error('HALF: expected core or adapters')
  return HALVES[name]
}
