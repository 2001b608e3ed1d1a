import {
  cluster,
  connections,
  core,
  crowdedConnections,
  simulated,
  type Variant,
  variant,
} from '../variant.ts'

const drain = core('drain.ts')
const leased = core('lease.ts')

/** What a new connection to the cache may be used for, and when. */
export const CONNECTIONS: readonly Variant[] = [
  variant(
    'a new connection trusted at once',
    connections,
    leased(`return this.#sessions.has(session)`, `return true`),
    leased(`if (!this.#sessions.has(session)) throw new CacheUnusable('no-lease')`, ``),
  ),
  variant(
    'replay of pending rows only',
    connections,
    drain(
      `await this.#log.kept(this.#holds ? this.#position : undefined, after)`,
      `await this.#log.pending(undefined, after)`,
    ),
  ),
  variant(
    'rows selected before the connection was made',
    connections,
    drain(
      `for await (const piece of this.#pieces(select)) {`,
      `for await (const piece of this.#pieces(select)) {
      session = this.#cache.session()`,
    ),
    drain(
      `if (session !== undefined && this.#holds) {`,
      `if (session !== undefined) this.#trusted.trust(session)
    if (session !== undefined && this.#holds) {`,
    ),
  ),
  variant(
    'trust after the first of several pieces',
    crowdedConnections,
    drain(`await catchUp.apply(piece)`, `await catchUp.apply(piece)\n      break`),
    drain(`if (!catchUp.done) return false`, ``),
  ),
  variant(
    'use during the replay',
    connections,
    drain(
      `const catchUp = this.#catchUp\n`,
      `const catchUp = this.#catchUp\n    this.#trusted.trust(session)\n`,
    ),
  ),
  variant(
    'a read moved to a new connection before its replay',
    connections,
    core('read-through.ts')(
      `lookup = await session.lookup(key, tags, this.#leased)`,
      // As a client with an offline queue does: the command waits for the next connection.
      `lookup = await session.lookup(key, tags, this.#leased).catch(async (error) => {
        await this.#clock.sleep(100)
        const next = this.#cache.session()
        if (next === undefined || next === session) throw error
        return next.lookup(key, tags, { assert: () => undefined })
      })`,
    ),
  ),
]

/** What only several servers can show. */
export const CLUSTER: readonly Variant[] = [
  variant(
    'one node’s connection made anew within the session',
    { ...cluster, theme: 'connections' },
    simulated('sim-cluster.ts')(
      `SimConnection.open({ ...access, redis, server: NODES[shard]! }, host, number),`,
      `replacing(() => SimConnection.open({ ...access, redis, server: NODES[shard] }, host, number)),`,
    ),
    simulated('sim-cluster.ts')(
      `/** Of every key that a schedule can name. */`,
      `/** A connection that makes itself anew, below a session that goes on as if nothing had happened. */
async function replacing(open) {
  let now = await open()
  let closed = false
  const { promise: ended, resolve: end } = Promise.withResolvers()
  const connection = {
    ended,
    get alive() {
      return !closed && now.alive
    },
    close() {
      closed = true
      now.close()
      end()
    },
  }
  for (const command of ['read', 'makeStamps', 'set', 'deleteAndVerify']) {
    connection[command] = (...given) => now[command](...given)
  }
  const keepOpen = async () => {
    for (let attempt = 0; attempt < 20 && !closed; attempt++) {
      await now.ended
      if (!closed) now = await open().catch(() => now)
    }
    connection.close()
  }
  void keepOpen()
  return connection
}

/** Of every key that a schedule can name. */`,
    ),
  ),
]
