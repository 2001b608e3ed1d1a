import { startRedis } from '../../test/support/redis.ts'
import { tcpProxy } from '../../test/support/tcp-proxy.ts'
import type { Contestant, Instance } from './contestant.ts'
import type { Cause } from './history.ts'
import { befall, OUTAGE_SHARE } from './outage.ts'
import type { Stale } from './recorder.ts'
import { type Outcome, run } from './run.ts'
import type { World } from './world.ts'

export interface Measured extends Outcome {
  readonly sessions: number
  readonly seconds: number
  readonly loads: number
  /** Loads per second while Redis was not all there; undefined without an outage. */
  readonly loadsPerSecondWhileWrong: number | undefined
  /** Rejections that were never caught, which would have ended the process. */
  readonly unhandledRejections: number
  /** Its stale reads, by why they were. */
  readonly causes: ReadonlyMap<Cause, Stale>
}

export interface Round {
  readonly seed: number
  readonly sessions: number
  readonly seconds: number
  readonly outage: boolean
}

/** One contestant, from cold caches on, with a Redis of its own behind one proxy per instance. */
export async function measure(contestant: Contestant, world: World, round: Round): Promise<Measured> {
  const { loads, recorder } = world
  const redis = await startRedis()
  const proxies = await Promise.all(Array.from({ length: contestant.instances }, () => tcpProxy(redis.port)))
  let unhandledRejections = 0
  const onUnhandled = () => {
    unhandledRejections += 1
  }
  process.on('unhandledRejection', onUnhandled)
  let instances: readonly Instance[] = []
  try {
    await world.clearLog()
    instances = await contestant.open(proxies.map(({ port }) => `redis://127.0.0.1:${port}`))
    loads.all = 0
    loads.whileWrong = 0
    recorder.begin(contestant.inMemory)
    const mishaps = (seconds: number) =>
      befall({ redis, proxies }, seconds, (wrong) => {
        loads.wrong = wrong
      })
    const first = await world.versions()
    const outcome = await run(instances, {
      ...round,
      first,
      onStale: (...read) => recorder.judgedStale(...read),
      ...(round.outage && { mishaps }),
    })
    const { all, whileWrong } = loads
    return {
      ...outcome,
      sessions: round.sessions,
      seconds: round.seconds,
      loads: all,
      loadsPerSecondWhileWrong: round.outage ? whileWrong / (OUTAGE_SHARE * round.seconds) : undefined,
      unhandledRejections,
      causes: recorder.stale,
    }
  } finally {
    for (const instance of instances) await instance.close().catch(() => undefined)
    for (const proxy of proxies) await proxy.close()
    await redis.stop()
    process.off('unhandledRejection', onUnhandled)
  }
}
