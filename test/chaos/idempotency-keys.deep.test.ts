import { randomUUID } from 'node:crypto'
import { Client } from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Answer, activeMarket, applied, type Person, vendor } from '../support/api.ts'
import { type Fleet, startFleet } from '../support/fleet.ts'

let fleet: Fleet
let database: Client
let vera: Person

beforeAll(async () => {
  fleet = await startFleet({ size: 2, cache: 'tiered' })
  database = new Client({ connectionString: fleet.databaseUrl })
  await database.connect()
  vera = await vendor(fleet.instances[0]!.api)
}, 120_000)
afterAll(async () => {
  await database?.end()
  await fleet?.stop()
})

/** A place between two messages of an instance and its servers: which is passed next, and for which time. */
type Window = string

/** Shows each window that the first instance comes to; where `enter` says false, nothing more is passed on. */
function watch(enter: (window: Window) => boolean): () => void {
  const { postgres, redis } = fleet.instances[0]!
  const times = new Map<string, number>()
  const seen = (server: string, nameOf: (data: string) => string | undefined) => {
    let asked = 'what was asked before'
    return (data: Buffer, towards: 'server' | 'client') => {
      if (towards === 'server') asked = nameOf(data.toString('latin1')) ?? asked
      const passing = `${towards === 'server' ? 'before' : 'after'} ${server} hears: ${asked}`
      times.set(passing, (times.get(passing) ?? 0) + 1)
      return enter(`${passing} (${times.get(passing)})`)
    }
  }
  postgres.watch(seen('PostgreSQL', statementIn))
  redis.watch(seen('Redis', commandIn))
  return () => {
    postgres.watch()
    redis.watch()
  }
}

function statementIn(data: string): string | undefined {
  const sql = /\b(?:select|insert|update|delete|with|begin|start|commit|rollback|set)\b[^\0]*/i.exec(data)
  return sql?.[0].replaceAll(/\s+/g, ' ').slice(0, 60)
}

function commandIn(data: string): string | undefined {
  return /\$\d+\r\n([a-z]+)\r\n/i.exec(data)?.[1]
}

/** The windows of a write, in turn, of those that each of some undisturbed ones comes to. Leases are renewed meanwhile. */
async function windowsOf(ask: () => Promise<Answer>): Promise<Window[]> {
  const runs: Window[][] = []
  for (let run = 0; run < 4; run++) {
    const windows: Window[] = []
    const stop = watch((window) => windows.push(window) > 0)
    const answer = await ask()
    stop()
    expect(answer.status, answer.text).toBeLessThan(300)
    // The first one prepares what later ones find prepared.
    if (run > 0) runs.push(windows)
  }
  return runs[0]!.filter((window) => runs.every((windows) => windows.includes(window)))
}

/** Asks the first instance, and kills it in this window. Undefined: it did not answer. */
async function killedIn(
  window: Window,
  ask: () => Promise<Answer>,
): Promise<{ readonly killed: boolean; readonly answer: Answer | undefined }> {
  let killed = false
  const stop = watch((each) => {
    if (each === window && !killed) {
      killed = true
      fleet.instances[0]!.service.process.kill('SIGKILL')
    }
    return !killed
  })
  const answer = await ask().catch(() => undefined)
  stop()
  return { killed, answer }
}

const at = (api: Person['api'], instance: number) => api.at(fleet.instances[instance]!.service.url)

interface NewMarket {
  readonly key: string
  readonly name: string
}

const newMarket = (): NewMarket => ({ key: randomUUID(), name: `Market ${randomUUID()}` })

function make(instance: number, { key, name }: NewMarket): Promise<Answer> {
  const body = { name, city: 'Salem', stall_count: 3 }
  return at(fleet.rosa.api, instance).send('POST', '/markets', body, { 'idempotency-key': key })
}

async function own(instance: number): Promise<readonly { readonly id: string; readonly name: string }[]> {
  return (await at(fleet.rosa.api, instance).get('/me/markets?page_size=100')).body.markets
}

async function inDatabase(name: string): Promise<number> {
  return (await database.query('select 1 from markets where name = $1', [name])).rows.length
}

it('under one key a write is executed at most once, and answered the same ever after, in whatever window its instance is killed', async () => {
  const windows = await windowsOf(() => make(0, newMarket()))
  const told: string[] = []
  const tally = { answered: 0, committed: 0, lost: 0 }
  for (const window of windows) {
    // What is cached there must not hide what the dead instance committed.
    const before = new Set((await own(1)).map(({ id }) => id))
    const asked = newMarket()
    const { killed, answer } = await killedIn(window, () => make(0, asked))
    // A window that not every write has.
    if (!killed) {
      expect(answer?.status, window).toBe(201)
      told.push(`was answered before: ${window}`)
      continue
    }
    const outcome = answer ? 'answered' : (await inDatabase(asked.name)) > 0 ? 'committed' : 'lost'
    const again = await make(1, asked)
    expect(again.status, again.text).toBe(201)
    // It is answered, so every reader sees it.
    expect((await own(1)).filter(({ name }) => name === asked.name)).toHaveLength(1)
    expect(before).not.toContain(again.body.id)
    if (answer !== undefined) expect(again.text).toBe(answer.text)
    tally[outcome] += 1
    told.push(`${outcome}: ${window}`)
    await fleet.instances[0]!.restart()
    const [one, other] = [await make(0, asked), await make(1, asked)]
    expect([one.text, one.headers.get('etag')]).toEqual([other.text, other.headers.get('etag')])
    expect(await inDatabase(asked.name)).toBe(1)
  }
  process.stdout.write(`\n${told.join('\n')}\n${JSON.stringify(tally)} of ${windows.length} windows\n`)
  expect(tally.lost).toBeGreaterThan(0)
  expect(tally.committed).toBeGreaterThan(0)
}, 1_200_000)

it('of two writes that have seen the same exactly one succeeds, on two instances, in whatever window one of them is killed', async () => {
  const move = (instance: number, id: string, verb: string, key: string, seen: string) =>
    at(fleet.rosa.api, instance).send('POST', `/applications/${id}/${verb}`, undefined, {
      'if-match': seen,
      'idempotency-key': key,
    })
  const pending = async () => {
    const id = await applied(
      { ...vera, api: at(vera.api, 1) },
      await activeMarket({ ...fleet.rosa, api: at(fleet.rosa.api, 1) }),
    )
    const read = await at(fleet.rosa.api, 1).get(`/applications/${id}`, { 'accept-encoding': 'identity' })
    return { id, seen: read.headers.get('etag')! }
  }
  const windows = await windowsOf(async () => {
    const { id, seen } = await pending()
    return move(0, id, 'accept', randomUUID(), seen)
  })
  const told: string[] = []
  for (const window of windows) {
    const { id, seen } = await pending()
    const [key, otherKey] = [randomUUID(), randomUUID()]
    const [{ killed, answer }, other] = await Promise.all([
      killedIn(window, () => move(0, id, 'accept', key, seen)),
      move(1, id, 'waitlist', otherKey, seen),
    ])
    // Whatever was lost is asked for again.
    const again = await move(1, id, 'accept', key, seen)
    const statuses = [again.status, other.status]
    expect(statuses.sort(), window).toEqual([200, 412])
    if (answer !== undefined) expect(answer.status).toBe(again.status)
    const status = again.status === 200 ? 'accepted' : 'waitlisted'
    expect((await at(fleet.rosa.api, 1).get(`/applications/${id}`)).body.status).toBe(status)
    told.push(`${killed ? 'killed' : 'was answered before'}, ${status}: ${window}`)
    if (!killed) continue
    await fleet.instances[0]!.restart()
    expect((await at(fleet.rosa.api, 0).get(`/applications/${id}`)).body.status).toBe(status)
  }
  process.stdout.write(`\n${told.join('\n')}\n`)
  expect(told.some((each) => each.startsWith('killed'))).toBe(true)
}, 1_200_000)
