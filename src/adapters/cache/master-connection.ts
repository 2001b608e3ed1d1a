import { type ChainableCommander, type Redis, ReplyError } from 'ioredis'
import { CacheUnusable } from '../../application/consistency/ports/cache-port.ts'
import { connect } from './redis-client.ts'
import { FILL_LEASE_MS, RedisCommands, RedisRefusal, type StampsMade } from './redis-commands.ts'

/**
 * How long a stamp that is not invalidated lives, in ms. Nothing but memory and hits depends on it: a stamp that ends makes
 * misses of its entries, so it lives several times as long as they do (77 minutes at most, grace included), and not
 * longer, since every tag that anybody asks for gets one.
 */
const STAMP_TTL_MS = 6 * 3_600_000
/** Keys in one DEL: long commands keep the server from everyone else. */
const DELETE_CHUNK = 500
/** The answers that mean: this is not the server that this session was opened to. */
const NO_LONGER_OURS = new Set([
  'READONLY',
  'MOVED',
  'ASK',
  'TRYAGAIN',
  'CLUSTERDOWN',
  'MASTERDOWN',
  'DEMOTED',
])

const ONE_OF_A_CLUSTER =
  'CLUSTER The server is a node of a Redis Cluster, and REDIS_URL names one server: name several of its nodes, or this one twice'

type Replies = readonly (readonly [error: Error | null, reply: unknown])[]

/** Commands over one client, which never reconnects, to one server that has answered `ROLE` as master. */
export class MasterConnection extends RedisCommands {
  readonly ended: Promise<void>
  readonly #client: Redis
  readonly #replid: string
  readonly #spansSlots: boolean
  readonly #mayAskRole: boolean
  readonly #ending = Promise.withResolvers<void>()
  #closed = false

  private constructor(client: Redis, replid: string, spansSlots: boolean, mayAskRole: boolean) {
    super()
    this.#client = client
    this.#replid = replid
    this.#spansSlots = spansSlots
    this.#mayAskRole = mayAskRole
    this.ended = this.#ending.promise
    client.once('end', () => this.close())
  }

  /**
   * Connects, and asks whether this is a master that has loaded its data. ROLE may be refused: INFO says as much, in more
   * words. INFO may not: nothing else tells that a server is the master that it was.
   * @param spansSlots whether it is a cluster's node: then one command may not name keys of several slots.
   * @throws what the connection or the server said, as it was said: for the log. The client is closed then.
   */
  static async open(client: Redis, spansSlots: boolean, signal: AbortSignal): Promise<MasterConnection> {
    const abort = () => client.disconnect()
    signal.addEventListener('abort', abort)
    try {
      await connect(client)
      const asked = client.pipeline().ping().role().info('replication').info('cluster')
      const [ping, role, replication, cluster] = ((await asked.exec()) ?? []) as Replies
      if (ping![0] !== null) throw ping![0]
      const mayAskRole = !isRefused(role![0])
      if (mayAskRole && role![0] !== null) throw role![0]
      for (const [error] of [replication!, cluster!]) if (error !== null) throw needsInfo(error)
      if (!spansSlots && /^cluster_enabled:1\r?$/m.test(String(cluster![1])))
        throw new RedisRefusal(ONE_OF_A_CLUSTER)
      return new MasterConnection(client, replidOfMaster(replication![1]), spansSlots, mayAskRole)
    } catch (error) {
      client.disconnect()
      throw error
    } finally {
      signal.removeEventListener('abort', abort)
    }
  }

  get alive(): boolean {
    return !this.#closed && this.#client.status === 'ready'
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#ending.resolve()
    this.#client.disconnect()
  }

  read(keys: readonly string[]): Promise<readonly (Buffer | null)[]> {
    return this.#confirm(async () => {
      const replies = await exec(this.#whoAnswers(this.#reads(this.#client.pipeline(), keys)))
      this.#assertMaster(replies.at(-1))
      return this.#values(replies, 0, keys.length)
    })
  }

  makeStamps(tokens: ReadonlyMap<string, string>, leases: Iterable<string>): Promise<StampsMade> {
    return this.#confirm(async () => {
      const names = [...leases]
      const pipeline = this.#client.pipeline()
      for (const name of names) pipeline.set(name, '', 'PX', FILL_LEASE_MS, 'NX')
      for (const [key, token] of tokens) pipeline.set(key, token, 'PX', STAMP_TTL_MS, 'NX')
      // A full server refuses the SET; whether there is a stamp is for the read to say.
      const replies = await exec(this.#whoAnswers(this.#reads(pipeline, [...tokens.keys()])), 'OOM')
      this.#assertMaster(replies.at(-1))
      return {
        stamps: this.#values(replies, names.length + tokens.size, tokens.size),
        taken: new Set(names.filter((_, i) => replies[i] === null)),
      }
    })
  }

  set(key: string, value: Buffer, keepMs: number): Promise<void> {
    return this.#confirm(async () => {
      await this.#client.set(key, value, 'PX', Math.max(1, Math.floor(keepMs)))
    })
  }

  deleteAndVerify(keys: readonly string[], absent: string): Promise<void> {
    return this.#confirm(async () => {
      const pipeline = this.#client.pipeline()
      if (keys.length === 0 && !this.#spansSlots) pipeline.del(absent)
      const chunk = this.#spansSlots ? 1 : DELETE_CHUNK
      for (let i = 0; i < keys.length; i += chunk) pipeline.del(...keys.slice(i, i + chunk))
      const replies = await exec(pipeline.info('replication'))
      this.#assertSameMaster(replies.at(-1))
    })
  }

  #whoAnswers(pipeline: ChainableCommander): ChainableCommander {
    return this.#mayAskRole ? pipeline.role() : pipeline.info('replication')
  }

  #assertMaster(answer: unknown): void {
    if (this.#mayAskRole) assertMaster(answer)
    else this.#assertSameMaster(answer)
  }

  #assertSameMaster(replication: unknown): void {
    if (replidOfMaster(replication) !== this.#replid) {
      throw new RedisRefusal('DEMOTED The server is another master than it was')
    }
  }

  #reads(pipeline: ChainableCommander, keys: readonly string[]): ChainableCommander {
    if (!this.#spansSlots && keys.length > 0) return pipeline.mgetBuffer([...keys])
    for (const key of keys) pipeline.getBuffer(key)
    return pipeline
  }

  #values(replies: readonly unknown[], start: number, count: number): readonly (Buffer | null)[] {
    const values = this.#spansSlots || count === 0 ? replies.slice(start, start + count) : replies[start]
    return values as readonly (Buffer | null)[]
  }

  async #confirm<T>(command: () => Promise<T>): Promise<T> {
    try {
      return await command()
    } catch (error) {
      const known = asCacheError(error)
      if (known instanceof RedisRefusal && NO_LONGER_OURS.has(known.code)) this.close()
      throw known
    }
  }
}

/**
 * The reply to a ROLE that comes after reads: a master turned replica would go on answering them, with stamps as old as
 * its replication.
 * @throws RedisRefusal
 */
function assertMaster(role: unknown): void {
  if ((role as readonly unknown[])[0] !== 'master')
    throw new RedisRefusal('DEMOTED The server is no longer a master')
}

/** An ACL forbids the command, or the service has none of this name. */
function isRefused(error: Error | null): boolean {
  return error !== null && /^(NOPERM|ERR) /.test(error.message)
}

function needsInfo(error: Error): Error {
  if (!isRefused(error)) return error
  const [code] = error.message.split(' ', 1)
  const message =
    'Marketflow needs INFO, which says whether a server is the master that it was: allow it, as in +info'
  return new RedisRefusal(`${code === 'NOPERM' ? code : 'NOINFO'} ${message} (${error.message})`, error)
}

/** The replies of a pipeline; an error whose first word is `tolerated` counts as a reply. */
async function exec(pipeline: ChainableCommander, tolerated?: string): Promise<readonly unknown[]> {
  const results = ((await pipeline.exec()) ?? []) as Replies
  return results.map(([error, reply]) => {
    if (error !== null && !(tolerated !== undefined && error.message.startsWith(tolerated))) throw error
    return reply
  })
}

function asCacheError(error: unknown): Error {
  if (error instanceof RedisRefusal || error instanceof TypeError || error instanceof RangeError) return error
  if (error instanceof ReplyError) return new RedisRefusal((error as Error).message, error)
  return new CacheUnusable('unreachable', error)
}

/** @throws RedisRefusal when `INFO replication` is a replica's. */
function replidOfMaster(info: unknown): string {
  const text = String(info)
  const replid = /^master_replid:(\w+)/m.exec(text)?.[1]
  if (!/^role:master\r?$/m.test(text) || replid === undefined) {
    throw new RedisRefusal('DEMOTED The server is not a master')
  }
  return replid
}
