import { defineConfig } from 'vitest/config'
import { half } from './halves.ts'

export default defineConfig({
  root: new URL('../..', import.meta.url).pathname,
  test: {
    include: [...half().tests],
    globalSetup: 'test/support/global-setup.ts',
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
})
