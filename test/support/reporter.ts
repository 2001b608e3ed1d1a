import type { Reporter, SerializedError, TestModule, TestRunEndReason, TestSuite, Vitest } from 'vitest/node'

/** Ends the output with what the tests ran on and, alone on the last line, how many passed and failed. */
export class RanOnReporter implements Reporter {
  #vitest: Vitest | undefined

  onInit(vitest: Vitest): void {
    this.#vitest = vitest
  }

  onTestRunEnd(
    modules: readonly TestModule[],
    unhandled: readonly SerializedError[],
    reason: TestRunEndReason,
  ): void {
    // Absent when the global setup itself has failed.
    const ranOn = this.#vitest?.projects.map((project) => project.getProvidedContext().ranOn).find(Boolean)
    if (ranOn !== undefined) console.log(`Ran on ${ranOn}`)
    const { passed, failed, skipped } = countTests(modules)
    if (skipped > 0) console.log(`${skipped} skipped`)
    // A run that failed before it came to any test has failed all the same.
    const allFailed = Math.max(failed + unhandled.length, reason === 'failed' ? 1 : 0)
    console.log(`${passed} passed, ${allFailed} failed`)
  }
}

function countTests(modules: readonly TestModule[]) {
  const counts = { passed: 0, failed: 0, skipped: 0 }
  for (const module of modules) {
    for (const test of module.children.allTests()) {
      const { state } = test.result()
      // A test that never ended has not passed.
      counts[state === 'pending' ? 'failed' : state] += 1
    }
    // A file that does not load, or a hook that throws, has no failed test to count.
    const groups: (TestModule | TestSuite)[] = [module, ...module.children.allSuites()]
    counts.failed += groups.filter((group) => group.errors().length > 0).length
  }
  return counts
}
