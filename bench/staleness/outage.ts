import { setTimeout as sleep } from 'node:timers/promises'
import type { TestRedis } from '../../test/support/redis.ts'
import type { TcpProxy } from '../../test/support/tcp-proxy.ts'

export interface Servers {
  readonly redis: TestRedis
  /** Between each instance and Redis. */
  readonly proxies: readonly TcpProxy[]
}

interface Mishap {
  /** When, as a part of the run. */
  readonly from: number
  readonly to: number
  /** A little earlier, while all is well. */
  prepare?(servers: Servers): Promise<unknown>
  begin(servers: Servers): Promise<void> | void
  end(servers: Servers): Promise<void> | void
}

/** How much earlier than a mishap it is prepared, as a part of the run. */
const EARLIER = 0.05

const MISHAPS: readonly Mishap[] = [
  { from: 0.15, to: 0.3, begin: ({ redis }) => redis.pause(), end: ({ redis }) => redis.resume() },
  {
    from: 0.45,
    to: 0.55,
    prepare: ({ redis }) => redis.cli('SAVE'),
    begin: ({ redis }) => redis.kill(),
    end: ({ redis }) => redis.restart(),
  },
  {
    from: 0.7,
    to: 0.85,
    begin: ({ proxies }) => proxies.at(-1)!.cut(),
    end: ({ proxies }) => proxies.at(-1)!.heal(),
  },
]

export const OUTAGE =
  'Redis is stalled (SIGSTOP) from 15 to 30 % of the run; it writes a snapshot at 40 %, is killed at 45 % and starts again from that snapshot at 55 %, as it would with its default settings; from 70 to 85 % the last instance is cut off from it'

/** How much of the run Redis is not all there. */
export const OUTAGE_SHARE = MISHAPS.reduce((share, { from, to }) => share + to - from, 0)

/** Lets all of it happen, in turn. `during` is told when something begins, and when it is over. */
export async function befall(
  servers: Servers,
  seconds: number,
  during: (wrong: boolean) => void,
): Promise<void> {
  const began = performance.now()
  const until = (share: number) => sleep(Math.max(0, began + share * seconds * 1000 - performance.now()))
  for (const mishap of MISHAPS) {
    await until(mishap.from - EARLIER)
    await mishap.prepare?.(servers)
    await until(mishap.from)
    during(true)
    await mishap.begin(servers)
    await until(mishap.to)
    await mishap.end(servers)
    during(false)
  }
}
