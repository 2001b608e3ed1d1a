/** The environment of each cache a service can run on; `redisUrl` is asked for only where it is needed. */
export const CACHES: readonly {
  readonly cache: string
  readonly env: (redisUrl: string) => Record<string, string>
}[] = [
  { cache: 'null', env: () => ({ CACHE: 'null' }) },
  { cache: 'lru', env: () => ({ CACHE: 'lru' }) },
  { cache: 'redis', env: (redisUrl) => ({ CACHE: 'redis', REDIS_URL: redisUrl }) },
  { cache: 'near', env: (redisUrl) => ({ CACHE: 'near', REDIS_URL: redisUrl }) },
  { cache: 'tiered', env: (redisUrl) => ({ CACHE: 'tiered', REDIS_URL: redisUrl }) },
]
