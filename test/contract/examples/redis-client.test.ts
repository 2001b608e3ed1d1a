import { cacheContract, modelContract } from 'marketflow/contract'
import { SystemClock, SystemRandom } from 'marketflow/port'
import { afterAll } from 'vitest'
import { type RedisClientOptions, redisClientCache } from './redis-client.ts'
import { startServer } from './start-server.ts'

const start = () =>
  startServer(process.env.REDIS_SERVER ?? 'redis-server', (port) => [
    ...['--bind', '127.0.0.1', '--port', `${port}`, '--save', '', '--appendonly', 'no'],
  ])

const server = await start()
afterAll(() => server.kill())

const make = (port: number, options: Pick<RedisClientOptions, 'timeoutMs' | 'invalidateTimeoutMs'>) =>
  redisClientCache(
    { url: `redis://127.0.0.1:${port}`, prefix: 'test:', ...options },
    new SystemClock(),
    new SystemRandom(),
  )
const patient = () => make(server.port, { timeoutMs: 5_000, invalidateTimeoutMs: 5_000 })

async function prepare() {
  const own = await start()
  const cache = make(own.port, { timeoutMs: 100, invalidateTimeoutMs: 200 })
  return { own, cache, end: () => own.kill() }
}

cacheContract('redis by @redis/client', patient, {
  shared: true,
  remembers: true,
  stalled: async () => {
    const { own, ...rest } = await prepare()
    return { ...rest, begin: () => own.pause(), resume: () => own.resume() }
  },
  gone: async () => {
    const { own, ...rest } = await prepare()
    return { ...rest, begin: () => own.kill(), resume: () => own.restart() }
  },
})

modelContract('redis by @redis/client', patient, {
  remembers: true,
  mishaps: {
    'starts again, empty': async () => {
      await server.kill()
      await server.restart()
    },
  },
})
