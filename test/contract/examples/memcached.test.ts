import { cacheContract, modelContract } from 'marketflow/contract'
import { SystemClock, SystemRandom } from 'marketflow/port'
import { type OwnCache, simulationContract } from 'marketflow/simulation'
import { afterAll } from 'vitest'
import { type MemcachedOptions, memcachedCache } from './memcached.ts'
import { RemoteCache } from './remote-cache.ts'
import { simulatedCommands, simulatedServer } from './simulated-server.ts'
import { startServer } from './start-server.ts'

const start = () =>
  startServer(process.env.MEMCACHED ?? 'memcached', (port) => [
    ...['-l', '127.0.0.1', '-p', `${port}`, '-U', '0', '-I', '8m'],
    ...(process.getuid?.() === 0 ? ['-u', 'root'] : []),
  ])

const server = await start()
afterAll(() => server.kill())

const make = (options: Pick<MemcachedOptions, 'port' | 'timeoutMs' | 'invalidateTimeoutMs'>) =>
  memcachedCache({ host: '127.0.0.1', prefix: 'test:', ...options }, new SystemClock(), new SystemRandom())
const patient = () => make({ port: server.port, timeoutMs: 5_000, invalidateTimeoutMs: 5_000 })

async function prepare() {
  const own = await start()
  const cache = make({ port: own.port, timeoutMs: 100, invalidateTimeoutMs: 200 })
  return { own, cache, end: () => own.kill() }
}

cacheContract('memcached', patient, {
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

modelContract('memcached', patient, {
  remembers: true,
  mishaps: {
    'starts again, empty': async () => {
      await server.kill()
      await server.restart()
    },
  },
})

const simulated: OwnCache = {
  name: 'memcached',
  reach: 'shared',
  server: simulatedServer,
  make: ({ clock, random, connect }) =>
    new RemoteCache(
      { name: 'memcached', prefix: '', open: async () => simulatedCommands(await connect()) },
      clock,
      random,
    ),
}

simulationContract(simulated)
