/**
 * How much slower a signed-in cached read gets while strangers log in with right passwords: 45 from one address, then
 * 300 from as many networks of one IPv6 /48. Each comes back a second after its answer, as Retry-After asks at least.
 * The strangers have a thread of their own, so that reads do not wait for them here, but share the machine's cores with
 * the service and the reader. So each is told twice: against reads on a quiet service, at most tenfold being the goal,
 * and against reads while as many strangers ask for `/healthz` instead, which is what so many requests cost anyway.
 * `npm run bench:logins`
 */
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { Api, organizer } from '../test/support/api.ts'
import { freshDatabase } from '../test/support/postgres.ts'
import { startService } from '../test/support/service.ts'

const MEASURED_MS = 5_000
const GOAL = 10

interface Strangers {
  readonly url: string
  readonly count: number
  readonly addresses: 'one' | 'a /48'
  /** What they log in with; without it they ask for `/healthz`. */
  readonly email?: string
}

if (isMainThread) await main()
else await beStrangers(workerData as Strangers)

async function main(): Promise<void> {
  const database = await freshDatabase()
  const service = await startService({
    DATABASE_URL: database.url,
    RATE_LIMIT: 'on',
    TRUST_PROXY: '1',
    LOG_LEVEL: 'info',
  })
  try {
    const rosa = await organizer(new Api(service.url))
    const path = `${service.url}/organizers/${rosa.id}/dashboard`
    const authorization = `Bearer ${rosa.api.token}`

    /** Latencies of reads one after another. */
    async function reads(): Promise<Latencies> {
      const all: number[] = []
      const end = performance.now() + MEASURED_MS
      for (let start = performance.now(); start < end; start = performance.now()) {
        const answer = await fetch(path, { headers: { authorization } })
        await answer.arrayBuffer()
        if (answer.status !== 200) throw new Error(`A read was answered ${answer.status}`)
        all.push(performance.now() - start)
      }
      all.sort((a, b) => a - b)
      const at = (share: number) => all[Math.floor(all.length * share)]!
      return { p50: at(0.5), p99: at(0.99), most: all.at(-1)! }
    }

    async function readsBeside(strangers: Omit<Strangers, 'url'>) {
      const worker = new Worker(new URL(import.meta.url), {
        workerData: { ...strangers, url: service.url } satisfies Strangers,
      })
      await once(worker, 'message')
      const latencies = await reads()
      worker.postMessage('stop')
      const [statuses] = await once(worker, 'message')
      await worker.terminate()
      return { latencies, statuses }
    }

    await reads()
    for (const [count, addresses] of [
      [45, 'one'],
      [300, 'a /48'],
    ] as const) {
      // Anew: a process gets faster while it is measured.
      const quiet = await reads()
      const cheap = await readsBeside({ count, addresses })
      const loaded = await readsBeside({ count, addresses, email: rosa.email })
      const beside = ratios(loaded.latencies, quiet)
      if (beside.p50 > GOAL || beside.p99 > GOAL) process.exitCode = 1
      console.log(
        `quiet reads take ${quiet.p50.toFixed(2)} ms (p50), ${quiet.p99.toFixed(2)} ms (p99); while ${count} log in from ${addresses}, ${told(beside)}; beside as many /healthz ${told(ratios(cheap.latencies, quiet))}; logins were answered`,
        loaded.statuses,
      )
    }
  } finally {
    await service.kill()
    await database.drop()
  }
}

interface Latencies {
  readonly p50: number
  readonly p99: number
  readonly most: number
}

function ratios(some: Latencies, others: Latencies): Latencies {
  return { p50: some.p50 / others.p50, p99: some.p99 / others.p99, most: some.most / others.most }
}

function told({ p50, p99, most }: Latencies): string {
  return `×${p50.toFixed(1)} (p50), ×${p99.toFixed(1)} (p99), ×${most.toFixed(1)} (longest)`
}

/** Asks until it is told to stop, then says how often it was answered with which status. */
async function beStrangers({ url, count, addresses, email }: Strangers): Promise<void> {
  const statuses: Record<string, number> = {}
  let stopped = false
  const one = async (i: number) => {
    const address = addresses === 'one' ? '192.0.2.7' : `2001:db8:1:${i.toString(16)}::1`
    const headers = { 'content-type': 'application/json', 'x-forwarded-for': address }
    const body = JSON.stringify({ email, password: 'a long enough password' })
    while (!stopped) {
      const asked =
        email === undefined
          ? fetch(`${url}/healthz`, { headers })
          : fetch(`${url}/auth/login`, { method: 'POST', headers, body })
      const answer = await asked
      await answer.arrayBuffer()
      statuses[answer.status] = (statuses[answer.status] ?? 0) + 1
      await sleep(1000)
    }
  }
  parentPort!.postMessage('asking')
  const all = Array.from({ length: count }, (_, i) => one(i))
  await once(parentPort!, 'message')
  stopped = true
  await Promise.all(all)
  parentPort!.postMessage(statuses)
}
