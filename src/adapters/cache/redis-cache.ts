import type { Clock } from '../../application/consistency/ports/clock.ts'
import type { Random } from '../../application/consistency/ports/random.ts'
import { openCluster } from './cluster-topology.ts'
import { MasterConnection } from './master-connection.ts'
import { RedisBackedCache, type RedisCacheOptions } from './redis-backed-cache.ts'
import { createClient } from './redis-client.ts'

/** Keeps entries and stamps in one Redis server, shared by every instance. */
export class RedisCache extends RedisBackedCache {
  readonly name = 'redis'

  constructor(options: RedisCacheOptions, clock: Clock, random: Random) {
    super((signal) => MasterConnection.open(createClient(options.url), false, signal), options, clock, random)
  }
}

/**
 * Keeps entries and stamps in a Redis Cluster. ioredis's own Cluster reconnects and follows redirections by itself; the
 * lease has to be checked on the very connections that send, so here a session is one connection to each master, and a
 * new topology is a new session.
 */
export class RedisClusterCache extends RedisBackedCache {
  readonly name = 'redis-cluster'

  constructor(options: RedisCacheOptions, clock: Clock, random: Random) {
    const nodes = nodeUrls(options.url)
    let turn = 0
    // Any node knows the topology; one that does not answer is passed over at the next attempt.
    const open = (signal: AbortSignal) => openCluster(nodes[turn++ % nodes.length]!, signal)
    super(open, options, clock, random)
  }
}

/** Nodes after the first may leave out what they share with it: `redis://user:secret@a:7000,b:7001`. */
export function nodeUrls(urls: string): readonly string[] {
  const [first = '', ...others] = urls.split(',').map((url) => url.trim())
  const { protocol, username, password } = new URL(first)
  const credentials = username || password ? `${username}:${password}@` : ''
  return [first, ...others.map((url) => (url.includes('://') ? url : `${protocol}//${credentials}${url}`))]
}
