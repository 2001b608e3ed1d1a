import { describe, expect, onTestFinished, test } from 'vitest'
import { Worker } from '../../prove/pool.ts'
import { Coverage } from './simulation/coverage.ts'
import { makePlan } from './simulation/plan.ts'
import { Prng } from './simulation/prng.ts'
import { runSchedule } from './simulation/production.ts'

describe('what the simulation finds', () => {
  test('replays to the letter, from its seed', async () => {
    for (const cache of ['redis', 'tiered', 'cluster', 'lru'] as const) {
      for (let seed = 1; seed <= 30; seed++) {
        const trace = async () => {
          const plan = makePlan(new Prng(seed), { cache, instances: 2, faults: true })
          const steps: string[] = []
          await runSchedule(plan, seed, new Coverage(), steps)
          return steps
        }
        expect(await trace()).toEqual(await trace())
      }
    }
  })

  test('is told as few requests, few faults and every step', { timeout: 120_000 }, async () => {
    const worker = new Worker()
    onTestFinished(() => worker.kill())
    const name = 'replay of pending rows only'
    const job = {
      kind: 'simulated tooth',
      name,
      most: 20_000,
      refusedWithin: 100,
      seed: 1,
      tell: true,
    } as const
    const { story = '' } = await worker.perform(job)
    const [summary = '', steps = ''] = story.split('Every step')
    const requests = summary.match(/(?:read|write) \w at I\d/g) ?? []
    expect(requests.length).toBeLessThanOrEqual(8)
    expect(steps.split('\n').length).toBeGreaterThan(requests.length)
    expect(story).toContain('Replay: do it again')
    expect(summary).toContain('stale: read version')
    // Either brings a Redis back that is older than what was applied.
    expect(summary).toMatch(/fault: (restart dump|fail-over)/)
  })
})
