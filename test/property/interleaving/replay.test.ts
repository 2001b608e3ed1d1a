import { expect, test } from 'vitest'
import { Coverage } from './simulation/coverage.ts'
import { runSchedule } from './simulation/explore.ts'
import { PRODUCTION } from './simulation/instance.ts'

test('a seed replays to the letter, so that what it finds can be looked at', async () => {
  for (const cache of ['redis', 'tiered', 'lru'] as const) {
    const options = { cache, instances: 2, alone: false, faults: true } as const
    for (let seed = 1; seed <= 30; seed++) {
      const first: string[] = []
      const second: string[] = []
      await runSchedule(seed, options, PRODUCTION, new Coverage(), first)
      await runSchedule(seed, options, PRODUCTION, new Coverage(), second)
      expect(second).toEqual(first)
    }
  }
})
