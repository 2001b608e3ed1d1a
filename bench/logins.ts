/**
 * How much slower a signed-in cached read gets while strangers log in: 45 logins in flight from one address with right
 * passwords, then 300 from as many networks of one IPv6 /48, each against the same reads on a quiet service of the same
 * run. Latencies as ratios; at most 10 is the goal. `npm run bench:logins`
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { Api, organizer } from '../test/support/api.ts'
import { freshDatabase } from '../test/support/postgres.ts'
import { startService } from '../test/support/service.ts'

const READS = 200
const GOAL = 10

const database = await freshDatabase()
const service = await startService({
  DATABASE_URL: database.url,
  RATE_LIMIT: 'on',
  TRUST_PROXY: '1',
  LOG_LEVEL: 'info',
})
try {
  const rosa = await organizer(new Api(service.url))
  const path = `/organizers/${rosa.id}/dashboard`
  const authorization = `Bearer ${rosa.api.token}`

  async function readMs(): Promise<number> {
    const start = performance.now()
    const answer = await fetch(service.url + path, { headers: { authorization } })
    await answer.arrayBuffer()
    if (answer.status !== 200) throw new Error(`A read was answered ${answer.status}`)
    return performance.now() - start
  }

  async function latencies(): Promise<{ p50: number; p99: number }> {
    const all: number[] = []
    for (let i = 0; i < READS; i++) all.push(await readMs())
    all.sort((a, b) => a - b)
    return { p50: all[Math.floor(READS * 0.5)]!, p99: all[Math.floor(READS * 0.99)]! }
  }

  /** Keeps so many logins in flight until it is told to stop; counts their answers by status. */
  function logins(inFlight: number, addressOf: (i: number) => string) {
    const statuses: Record<string, number> = {}
    let stopped = false
    const one = async (i: number) => {
      while (!stopped) {
        const answer = await fetch(`${service.url}/auth/login`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', 'x-forwarded-for': addressOf(i) },
          body: JSON.stringify({ email: rosa.email, password: 'a long enough password' }),
        }).catch((error: TypeError) => ({ status: String(error.cause ?? error) }))
        statuses[answer.status] = (statuses[answer.status] ?? 0) + 1
        // As Retry-After asks at least: a client that does not wait would measure its own load on this process.
        if (answer.status !== 200) await sleep(1000)
      }
    }
    const all = Array.from({ length: inFlight }, (_, i) => one(i))
    return async () => {
      stopped = true
      await Promise.all(all)
      return statuses
    }
  }

  await latencies()
  const quiet = await latencies()
  for (const [name, inFlight, addressOf] of [
    ['45 from one address', 45, () => '192.0.2.7'],
    ['300 from one IPv6 /48', 300, (i: number) => `2001:db8:1:${i.toString(16)}::1`],
  ] as const) {
    const stop = logins(inFlight, addressOf)
    const loaded = await latencies()
    const statuses = await stop()
    const [p50, p99] = [loaded.p50 / quiet.p50, loaded.p99 / quiet.p99]
    if (p50 > GOAL) process.exitCode = 1
    console.log(
      `${name}: reads take ×${p50.toFixed(1)} (p50), ×${p99.toFixed(1)} (p99); logins were answered`,
      statuses,
    )
  }
} finally {
  await service.kill()
  await database.drop()
}
