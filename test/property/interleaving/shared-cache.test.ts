import { describe, expect, test } from 'vitest'
import { budget, timeoutFor, tooFewToJudge } from './budget.ts'
import { explore } from './simulation/explore.ts'
import type { WorldOptions } from './simulation/plan.ts'
import { explain } from './simulation/shrink.ts'

const FILE = 'test/property/interleaving/shared-cache.test.ts'
const { schedules, seed } = budget(2600)

const worlds: Record<string, WorldOptions> = {
  'two instances on one Redis, nothing breaks': { cache: 'redis', instances: 2, alone: false, faults: false },
  'one instance on Redis, everything breaks': { cache: 'redis', instances: 1, alone: false, faults: true },
  'two instances on one Redis, everything breaks': {
    cache: 'redis',
    instances: 2,
    alone: false,
    faults: true,
  },
  'three instances on one Redis, everything breaks': {
    cache: 'redis',
    instances: 3,
    alone: false,
    faults: true,
  },
  'two instances with L1 over one Redis, everything breaks': {
    cache: 'tiered',
    instances: 2,
    alone: false,
    faults: true,
  },
}

describe('read-after-write with a shared cache', () => {
  for (const [name, options] of Object.entries(worlds)) {
    test(name, { timeout: timeoutFor(schedules) }, async () => {
      const { coverage, finding } = await explore(options, schedules, seed)
      if (finding !== undefined) expect.fail(await explain(finding, { file: FILE, name }))
      process.stdout.write(`\n${name}: ${coverage}\n`)
      if (tooFewToJudge(schedules)) return
      // A run that saw none of these has proved nothing.
      const { bypasses, confirmations } = coverage
      expect(coverage.hitsSoonAfterWrite).toBeGreaterThan(schedules / 2)
      expect(coverage.misses).toBeGreaterThan(schedules)
      expect(bypasses.get('no-lease')).toBeGreaterThan(0)
      expect(bypasses.get('timeout')).toBeGreaterThan(0)
      expect(bypasses.get('unreachable')).toBeGreaterThan(0)
      expect(confirmations.get('invalidated')).toBeGreaterThan(schedules)
      expect(confirmations.get('lease-waited-out')).toBeGreaterThan(0)
      if (options.instances > 1) expect(confirmations.get('applied-by-another')).toBeGreaterThan(0)
      if (!options.faults) return
      expect(coverage.unverified).toBeGreaterThan(0)
      expect(coverage.failed).toBeGreaterThan(0)
      for (const kind of SHARED_FAULTS) expect(coverage.faults.get(kind), kind).toBeGreaterThan(0)
    })
  }
})

const SHARED_FAULTS = [
  'kill',
  'suspend',
  'cut',
  'reset',
  'evict',
  'flush',
  'fill',
  'restart',
  'fail-over',
] as const
