/**
 * Where a Redis server is and who asks it: all that a URL may say. ioredis would take any of its options from a URL's
 * query, before those that the protocol needs, so its clients are made from this and never from a URL.
 */
export interface RedisAddress {
  readonly host: string
  readonly port: number
  readonly username?: string
  readonly password?: string
  readonly db: number
  /** Present: TLS. */
  readonly tls?: Record<string, never>
  /** Which of a name's addresses: 4, 6, or 0 for either. */
  readonly family?: 0 | 4 | 6
}

const DEFAULT_PORT = 6379
const FAMILIES = { 0: 0, 4: 4, 6: 6 } as const

/** @throws TypeError that says what the URL may not say, and repeats no secret. */
export function redisAddress(text: string): RedisAddress {
  const url = URL.parse(text)
  if (url === null || !/^rediss?:$/.test(url.protocol)) {
    throw new TypeError('expected a URL like redis://host:6379')
  }
  const others = [...new Set(url.searchParams.keys())].filter((name) => name !== 'family')
  if (others.length > 0) throw new TypeError(`only ?family= may follow, not ${others.join(', ')}`)
  if (url.hash !== '') throw new TypeError('nothing may follow a #: write it as %23 in a password')
  if (!/^(\/\d{0,5})?$/.test(url.pathname)) {
    throw new TypeError('expected the number of a database after the host, as in redis://host:6379/2')
  }
  const family = url.searchParams.get('family')
  if (family !== null && !(family in FAMILIES)) throw new TypeError('expected 4, 6 or 0 for ?family=')
  const [username, password] = [decoded(url.username), decoded(url.password)]
  return {
    host: url.hostname.replace(/^\[|\]$/g, '') || 'localhost',
    port: Number(url.port || DEFAULT_PORT),
    ...(username !== '' && { username }),
    ...(password !== '' && { password }),
    db: Number(url.pathname.slice(1)),
    ...(url.protocol === 'rediss:' && { tls: {} }),
    ...(family !== null && { family: FAMILIES[family as unknown as keyof typeof FAMILIES] }),
  }
}

/**
 * Why these nodes are not one cluster's: whichever of them a client asks first, it must come to the same data in the
 * same way. Undefined where they may be.
 */
export function clusterMisfit(nodes: readonly RedisAddress[]): string | undefined {
  const [first] = nodes
  if (first === undefined || nodes.length === 1) return undefined
  if (nodes.some(({ db }) => db !== 0)) return 'a Redis Cluster has no databases but 0'
  const differing = nodes.some((node) => credentials(node) !== credentials(first))
  return differing ? 'the nodes of a Redis Cluster need the same user, password and scheme' : undefined
}

function credentials({ username, password, tls }: RedisAddress): string {
  return JSON.stringify([username, password, tls !== undefined])
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    throw new TypeError('a % in a user or password is written as %25')
  }
}
