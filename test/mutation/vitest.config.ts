import { defineConfig } from 'vitest/config'
import { part } from './parts.ts'

export default defineConfig({
  root: new URL('../..', import.meta.url).pathname,
  test: {
    include: [...part().tests],
    testTimeout: 10_000,
    hookTimeout: 60_000,
  },
})
