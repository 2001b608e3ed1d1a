import { mutateNumbers } from './number-mutator.ts'
import { part } from './parts.ts'

await mutateNumbers(process.env.MUTANTS === 'numbers')

/** @type {import('@stryker-mutator/api/core').PartialStrykerOptions} */
export default {
  testRunner: 'vitest',
  plugins: ['@stryker-mutator/vitest-runner'],
  vitest: { configFile: 'test/mutation/vitest.config.ts', related: false },
  coverageAnalysis: 'perTest',
  mutate: [...part().mutate],
  ignoreStatic: part().ignoreStatic ?? false,
  tsconfigFile: 'none: TypeScript 7 has no API to rewrite it with, and Node strips types',
  concurrency: 2,
  // Long: a machine that is busy is not a mutant that was noticed.
  timeoutMS: 10_000,
  reporters: ['progress-append-only', 'json', 'html'],
  jsonReporter: { fileName: `reports/mutation/${process.env.PART}.json` },
  htmlReporter: { fileName: `reports/mutation/${process.env.PART}.html` },
  ignorePatterns: ['.marketflow', 'bench/rivals/node_modules'],
  tempDirName: 'node_modules/.stryker',
  cleanTempDir: 'always',
}
