import { mutateNumbers } from './number-mutator.ts'
import { part } from './parts.ts'
import { readReport, unnoticedPlaces } from './report.ts'

await mutateNumbers(process.env.MUTANTS === 'numbers')

const { mutate, ignoreStatic = false, byProcesses = [] } = part()
const report = `reports/mutation/${process.env.PART}.json`
/** Each mutant is in the environment of the command, and so in that of the service that its tests start. */
const processes = process.env.BY === 'processes' && {
  testRunner: 'command',
  commandRunner: { command: `vitest run --bail 1 ${byProcesses.join(' ')}` },
  coverageAnalysis: 'off',
  ignoreStatic: false,
  // Node runs no TypeScript that lies in node_modules.
  tempDirName: 'reports/sandboxes',
  mutate: unnoticedPlaces(readReport(report)),
}

/** @type {import('@stryker-mutator/api/core').PartialStrykerOptions} */
export default {
  testRunner: 'vitest',
  plugins: ['@stryker-mutator/vitest-runner'],
  vitest: { configFile: 'test/mutation/vitest.config.ts', related: false },
  coverageAnalysis: 'perTest',
  mutate: [...mutate],
  ignoreStatic,
  tsconfigFile: 'none: TypeScript 7 has no API to rewrite it with, and Node strips types',
  concurrency: 2,
  // Long: a machine that is busy is not a mutant that was noticed.
  timeoutMS: 10_000,
  reporters: ['progress-append-only', 'json', 'html'],
  jsonReporter: { fileName: processes ? report.replace('.json', '-by-processes.json') : report },
  htmlReporter: { fileName: `reports/mutation/${process.env.PART}.html` },
  ignorePatterns: ['.marketflow', 'bench/rivals/node_modules'],
  tempDirName: 'node_modules/.stryker',
  cleanTempDir: 'always',
  ...processes,
}
