import { randomInt } from 'node:crypto'
import { expect, it } from 'vitest'
import { dose } from '../support/dose.ts'
import { chaos } from './random/chaos.ts'
import { judge } from './random/judge.ts'
import { isGood, reportOf } from './random/report.ts'

const seed = Number(process.env.CHAOS_SEED ?? randomInt(2 ** 31))
const HONEST = 'test/chaos/misbehaving-main.ts'

/** CI runs two minutes beside them, `npm run chaos` what it is given. */
it.each(dose(['tiered'] as const, ['tiered', 'near', 'redis', 'lru'] as const))(
  'three processes with %s keep the promise while everything around them fails',
  { timeout: 300_000 },
  async (cache) => {
    const history = await chaos({ seed, ms: 25_000, cache })
    const verdict = judge(history)
    expect(isGood(verdict), `CHAOS_SEED=${seed}\n${reportOf(history, verdict)}`).toBe(true)
  },
)

it('one process that answers its writes too early is caught', { timeout: 180_000 }, async () => {
  const entry = ['test/chaos/random/unconfirmed-main.ts', HONEST, HONEST]
  const { violations } = judge(await chaos({ seed, ms: 12_000, entry }))
  expect(
    violations.map(({ rule }) => rule),
    `CHAOS_SEED=${seed}`,
  ).toContain('stale')
})
