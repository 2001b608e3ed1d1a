import { describe, expect, test } from 'vitest'
import { budget, timeoutFor, tooFewToJudge } from './budget.ts'
import { explore } from './simulation/explore.ts'
import type { WorldOptions } from './simulation/plan.ts'
import { explain } from './simulation/shrink.ts'

const FILE = 'test/property/interleaving/private-cache.test.ts'
const { schedules, seed } = budget(2600)

const worlds: Record<string, WorldOptions> = {
  'one instance alone, everything breaks': { cache: 'lru', instances: 1, alone: true, faults: true },
  'two instances, nothing breaks': { cache: 'lru', instances: 2, alone: false, faults: false },
  'two instances, everything breaks': { cache: 'lru', instances: 2, alone: false, faults: true },
  'three instances, everything breaks': { cache: 'lru', instances: 3, alone: false, faults: true },
}

describe('read-after-write with a cache in each process', () => {
  for (const [name, options] of Object.entries(worlds)) {
    test(name, { timeout: timeoutFor(schedules) }, async () => {
      const { coverage, finding } = await explore(options, schedules, seed)
      if (finding !== undefined) expect.fail(await explain(finding, { file: FILE, name }))
      process.stdout.write(`\n${name}: ${coverage}\n`)
      if (tooFewToJudge(schedules)) return
      // A run that saw none of these has proved nothing.
      expect(coverage.hitsSoonAfterWrite).toBeGreaterThan(schedules / 2)
      expect(coverage.misses).toBeGreaterThan(schedules)
      expect(coverage.bypasses.get('no-lease')).toBeGreaterThan(0)
      const answer = options.alone ? 'invalidated' : 'lease-waited-out'
      expect(coverage.confirmations.get(answer)).toBeGreaterThan(schedules)
      if (!options.faults) return
      expect(coverage.failed).toBeGreaterThan(0)
      for (const kind of PRIVATE_FAULTS) expect(coverage.faults.get(kind), kind).toBeGreaterThan(0)
    })
  }
})

const PRIVATE_FAULTS = ['kill', 'suspend', 'cut', 'reset', 'sweep'] as const
