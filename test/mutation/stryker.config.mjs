import { half } from './halves.ts'

/** @type {import('@stryker-mutator/api/core').PartialStrykerOptions} */
export default {
  testRunner: 'vitest',
  plugins: ['@stryker-mutator/vitest-runner'],
  vitest: { configFile: 'test/mutation/vitest.config.ts', related: false },
  coverageAnalysis: 'perTest',
  // What runs once, when a file is loaded, would need every test for each mutant.
  ignoreStatic: true,
  mutate: [...half().mutate],
  tsconfigFile: 'none: TypeScript 7 has no API to rewrite it with, and Node strips types',
  concurrency: 2,
  timeoutMS: 3000,
  reporters: ['progress-append-only', 'json', 'html'],
  jsonReporter: { fileName: `reports/mutation/${process.env.HALF}.json` },
  htmlReporter: { fileName: `reports/mutation/${process.env.HALF}.html` },
  tempDirName: 'node_modules/.stryker',
  cleanTempDir: 'always',
}
