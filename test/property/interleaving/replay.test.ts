import { describe, expect, test } from 'vitest'
import { CONNECTIONS } from '../teeth/variants.ts'
import { Coverage } from './simulation/coverage.ts'
import { explore, runSchedule } from './simulation/explore.ts'
import { PRODUCTION } from './simulation/instance.ts'
import { makePlan } from './simulation/plan.ts'
import { Prng } from './simulation/prng.ts'
import { explain } from './simulation/shrink.ts'

describe('what the simulation finds', () => {
  test('replays to the letter, from its seed', async () => {
    for (const cache of ['redis', 'tiered', 'cluster', 'lru'] as const) {
      for (let seed = 1; seed <= 30; seed++) {
        const trace = async () => {
          const plan = makePlan(new Prng(seed), { cache, instances: 2, alone: false, faults: true })
          const steps: string[] = []
          await runSchedule(plan, seed, PRODUCTION, new Coverage(), steps)
          return steps
        }
        expect(await trace()).toEqual(await trace())
      }
    }
  })

  test('is told as few requests, few faults and every step', { timeout: 120_000 }, async () => {
    const broken = CONNECTIONS.find(({ name }) => name === 'replay of pending rows only')!
    const parts = { ...PRODUCTION, ...broken.parts }
    const { finding } = await explore(broken.world, 20_000, 1, parts)
    const story = await explain(finding!, 'do it again', parts)
    const [summary = '', steps = ''] = story.split('Every step')
    const requests = summary.match(/(?:read|write) \w at I\d/g) ?? []
    expect(requests.length).toBeLessThanOrEqual(8)
    expect(steps.split('\n').length).toBeGreaterThan(requests.length)
    expect(story).toContain('Replay: do it again')
    expect(summary).toContain('stale: read version')
    expect(summary).toContain('fault: restart dump')
  })
})
