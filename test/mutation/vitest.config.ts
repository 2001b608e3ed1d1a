import { defineConfig } from 'vitest/config'
import { part } from './parts.ts'

export default defineConfig({
  root: new URL('../..', import.meta.url).pathname,
  test: {
    include: part().tests.filter((pattern) => !pattern.startsWith('!')),
    exclude: part().tests.flatMap((pattern) => (pattern.startsWith('!') ? [pattern.slice(1)] : [])),
    testTimeout: 10_000,
    hookTimeout: 60_000,
  },
})
