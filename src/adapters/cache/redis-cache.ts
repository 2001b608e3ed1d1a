import type { Clock } from '../../application/consistency/ports/clock.ts'
import type { Random } from '../../application/consistency/ports/random.ts'
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
