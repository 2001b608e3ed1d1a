import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Answer } from '../support/api.ts'
import { dose } from '../support/dose.ts'
import { type Fleet, startFleet } from '../support/fleet.ts'

const ROUNDS = dose(6, 60)
/** Requests under way when the instance is killed: each has come as far as it has. */
const AT_ONCE = 6

let fleet: Fleet
let database: Client

beforeAll(async () => {
  fleet = await startFleet({ size: 2, cache: 'tiered' })
  database = new Client({ connectionString: fleet.databaseUrl })
  await database.connect()
}, 60_000)
afterAll(async () => {
  await database?.end()
  await fleet?.stop()
})

interface Asked {
  readonly key: string
  readonly name: string
}

const newAsked = (): Asked[] =>
  Array.from({ length: AT_ONCE }, () => ({ key: randomUUID(), name: `Market ${randomUUID()}` }))

function ask(at: number, { key, name }: Asked): Promise<Answer> {
  const body = { name, city: 'Salem', stall_count: 3 }
  return fleet.rosa.api
    .at(fleet.instances[at]!.service.url)
    .send('POST', '/markets', body, { 'idempotency-key': key })
}

async function own(at: number): Promise<readonly { readonly id: string; readonly name: string }[]> {
  const api = fleet.rosa.api.at(fleet.instances[at]!.service.url)
  return (await api.get('/me/markets?page_size=100')).body.markets
}

async function namesInDatabase(): Promise<string[]> {
  return (await database.query('select name from markets')).rows.map(({ name }) => name)
}

/** How long as many take that are not interrupted. */
async function lastAnswerMs(): Promise<number> {
  const began = performance.now()
  await Promise.all(newAsked().map((each) => ask(0, each)))
  return performance.now() - began
}

it(
  'under one key a write is executed at most once, and answered the same ever after, wherever its instance is killed',
  async () => {
    await lastAnswerMs()
    // One that has just been started takes longer.
    const latestKillMs = 3 * (await lastAnswerMs())
    const tally = { answered: 0, committed: 0, lost: 0 }
    for (let round = 0; round < ROUNDS; round++) {
      const victim = fleet.instances[0]!
      // What is cached there must not hide what the dead instance committed.
      const before = new Set((await own(1)).map(({ id }) => id))
      const asked = newAsked()
      const first = asked.map((each) => ask(0, each).catch(() => undefined))
      await sleep((latestKillMs * (round + 1)) / ROUNDS)
      victim.service.process.kill('SIGKILL')
      const answered = await Promise.all(first)
      const committed = new Set(await namesInDatabase())
      for (const [i, each] of asked.entries()) {
        const again = await ask(1, each)
        expect(again.status, again.text).toBe(201)
        // It is answered, so every reader sees it.
        expect((await own(1)).filter(({ name }) => name === each.name)).toHaveLength(1)
        expect(before).not.toContain(again.body.id)
        const original = answered[i]
        if (original !== undefined) expect(again.text).toBe(original.text)
        tally[original !== undefined ? 'answered' : committed.has(each.name) ? 'committed' : 'lost'] += 1
      }
      await victim.restart()
      for (const each of asked) {
        const [one, other] = [await ask(0, each), await ask(1, each)]
        expect([one.text, one.headers.get('etag')]).toEqual([other.text, other.headers.get('etag')])
      }
      const names = await namesInDatabase()
      for (const { name } of asked) expect(names.filter((each) => each === name)).toHaveLength(1)
      // The list's page holds a hundred.
      for (const { id } of await own(1))
        if (id !== fleet.market)
          await fleet.rosa.api.at(fleet.instances[1]!.service.url).delete(`/markets/${id}`)
    }
    process.stdout.write(`\n${JSON.stringify(tally)}\n`)
    expect(tally.answered + tally.committed + tally.lost).toBe(ROUNDS * AT_ONCE)
  },
  60_000 + ROUNDS * 30_000,
)
