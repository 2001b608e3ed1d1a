import { Redis, type RedisOptions } from 'ioredis'
import { redisAddress } from './redis-address.ts'

/** How long a connection attempt may take, in ms. */
const CONNECT_TIMEOUT_MS = 1000
/** A connection that says nothing for this long while commands wait for their answers is dead, in ms. */
const SILENCE_TIMEOUT_MS = 1000

/**
 * One connection that is never replaced, and commands that are never sent twice: whatever ioredis does to hide a lost
 * connection is switched off, because a stamp-carrying command that is executed late revives old entries.
 */
const ONE_CONNECTION = {
  lazyConnect: true,
  retryStrategy: null,
  reconnectOnError: null,
  autoResendUnfulfilledCommands: false,
  enableOfflineQueue: false,
  maxRetriesPerRequest: 0,
  connectTimeout: CONNECT_TIMEOUT_MS,
  socketTimeout: SILENCE_TIMEOUT_MS,
  disconnectTimeout: 100,
  // Whether the server is loading is asked with its role.
  enableReadyCheck: false,
  // Nothing here needs RESP3, and Redis 5 does not speak it.
  protocol: 2,
  disableClientInfo: true,
  connectionName: 'marketflow',
} satisfies RedisOptions

/** A client that is not connected yet. `url`: `redis://` or, for TLS, `rediss://`, with user, password and database. */
export function createClient(url: string): Redis {
  return quiet(new Redis({ ...redisAddress(url), ...ONE_CONNECTION }))
}

/** A client for another node of the same cluster: same credentials, same TLS. */
export function createSibling(client: Redis, host: string, port: number): Redis {
  return quiet(client.duplicate({ host, port }))
}

/** Every failure reaches the sender of a command; without a listener ioredis would also print it. */
function quiet(client: Redis): Redis {
  return client.on('error', () => {})
}

/**
 * Connects once. Rejects with the reason: ioredis's own promise only tells that the connection is closed. Where the
 * server refuses SELECT, ioredis goes on in database 0, where other instances do not look; so it is asked once more.
 */
export async function connect(client: Redis): Promise<void> {
  let reason: unknown
  client.once('error', (error) => {
    reason = error
  })
  try {
    await client.connect()
    if (client.options.db) await client.select(client.options.db)
  } catch (error) {
    throw reason ?? error
  }
}
