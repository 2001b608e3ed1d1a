import { Redis } from 'ioredis'

/**
 * How long a rival waits for Redis, in ms. Most libraries leave it to the client, whose default is for ever; without a
 * limit an outage would not make them stale, it would make them hang.
 */
export const COMMAND_TIMEOUT_MS = 500

/** ioredis as it comes, its offline queue included, but for a limit to every wait. For ioredis 5 and 6. */
export function connectionOptions(url: string) {
  const { hostname, port } = new URL(url)
  return {
    host: hostname,
    port: Number(port),
    lazyConnect: true,
    commandTimeout: COMMAND_TIMEOUT_MS,
    connectTimeout: COMMAND_TIMEOUT_MS,
    maxRetriesPerRequest: 1,
    retryStrategy: (attempt: number) => Math.min(attempt * 50, 500),
  }
}

export type RedisConnection = Redis

/** A connection that has been made. Its later errors reach the sender of the command, so they are not printed too. */
export async function connect(url: string): Promise<RedisConnection> {
  const redis = new Redis(connectionOptions(url))
  redis.on('error', () => {})
  await redis.connect()
  return redis
}
