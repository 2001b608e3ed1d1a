/**
 * How stale the caches are that a team could use instead, beside ours: the same reads, writes and outage for all.
 * `npm run bench:staleness -- --seed 7 --seconds 5 --only redis`
 */
import { parseArgs } from 'node:util'
import { startRedis } from '../test/support/redis.ts'
import type { Contestant } from './staleness/contestant.ts'
import { type Measured, measure } from './staleness/measure.ts'
import { others } from './staleness/others.ts'
import { ours } from './staleness/ours.ts'
import { type Result, report } from './staleness/report.ts'
import { openWorld } from './staleness/world.ts'
import { redisVersion, thisMachine } from './support/machine.ts'

const SESSIONS = [10, 100, 200]
const SESSIONS_IN_OUTAGE = 100
/** An outage has three parts, and needs time between them. */
const OUTAGE_TIMES = 2

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    seconds: { type: 'string', default: '2.5' },
    only: { type: 'string', default: '' },
  },
})
const [seed, seconds] = [Number(values.seed), Number(values.seconds)]
if (!Number.isInteger(seed)) throw new Error(`--seed ${values.seed}: expected a whole number`)
if (!(seconds > 0)) throw new Error(`--seconds ${values.seconds}: expected a number above 0`)

// An outage leaves some libraries with rejections that are never caught, also after their round; that counts them.
process.on('unhandledRejection', () => {})

const machine = await thisMachine()
const world = await openWorld(seed)
try {
  const contestants = [...others(world), ...ours(world, machine.revision)].filter(({ name }) =>
    name.toLowerCase().includes(values.only.toLowerCase()),
  )
  if (contestants.length === 0) throw new Error(`--only ${values.only}: there is no such contestant`)
  const results: Result[] = []
  for (const contestant of contestants) results.push(await result(contestant))
  await report(results, {
    seed,
    seconds,
    machine,
    complete: values.only === '',
    servers: `${world.database}, Redis ${await versionOfRedis()}`,
  })
  const stale = results.filter(({ contestant, rounds, outage }) => {
    const staleReads = [...rounds, ...(outage === undefined ? [] : [outage])].some((r) => r.staleReads > 0)
    return contestant.ours && staleReads
  })
  if (stale.length > 0) {
    console.error(`STALE: ${stale.map(({ contestant }) => contestant.name).join('; ')}`)
    process.exitCode = 1
  }
} finally {
  await world.close()
}

async function result(contestant: Contestant): Promise<Result> {
  const rounds: Measured[] = []
  for (const sessions of SESSIONS) {
    rounds.push(await measured(contestant, { sessions, seconds, outage: false }))
  }
  const outage = contestant.usesRedis
    ? await measured(contestant, {
        sessions: SESSIONS_IN_OUTAGE,
        seconds: seconds * OUTAGE_TIMES,
        outage: true,
      })
    : undefined
  return { contestant, rounds, outage }
}

async function measured(
  contestant: Contestant,
  round: { sessions: number; seconds: number; outage: boolean },
): Promise<Measured> {
  const figures = await measure(contestant, world, { seed, ...round })
  const { reads, staleReads, longestStaleMs, loads, failedReads } = figures
  console.error(
    `${contestant.name}, ${round.sessions} sessions${round.outage ? ', outage' : ''}: ${staleReads} of ${reads} reads stale, for ${Math.round(longestStaleMs ?? 0)} ms at most; ${loads} loads, ${failedReads} reads failed`,
  )
  return figures
}

async function versionOfRedis(): Promise<string> {
  const redis = await startRedis()
  try {
    return await redisVersion(redis)
  } finally {
    await redis.stop()
  }
}
