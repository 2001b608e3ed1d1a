import { defineConfig } from 'vitest/config'
import { part } from './parts.ts'

const { tests, onServers } = part()

export default defineConfig({
  root: new URL('../..', import.meta.url).pathname,
  test: {
    include: tests.filter((pattern) => !pattern.startsWith('!')),
    exclude: tests.flatMap((pattern) => (pattern.startsWith('!') ? [pattern.slice(1)] : [])),
    globalSetup: onServers ? ['test/support/global-setup.ts'] : [],
    testTimeout: 10_000,
    hookTimeout: 60_000,
  },
})
