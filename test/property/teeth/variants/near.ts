import { core, type Variant, variant } from '../variant.ts'

const drain = core('drain.ts')
const confirmation = core('write-confirmation.ts')

const twoNear = { cache: 'near', instances: 2, faults: true } as const
const quiet = { ...twoNear, faults: false } as const

const REDIS_FIRST = `      Object.assign(done, await this.#drainBehind(request))\n`
const MEMORY = `      if (session !== undefined) await invalidateAll(session, piece.tags)\n`

/** How the two halves of a near cache hang together; rarer mistakes are found by the state space and unit tests. */
export const NEAR: readonly Variant[] = [
  variant(
    'near: memory cleared before Redis',
    twoNear,
    drain(`${REDIS_FIRST}${MEMORY}`, `${MEMORY}${REDIS_FIRST}`),
  ),
  variant(
    'near: a write waits for Redis alone',
    quiet,
    confirmation(`if (how !== undefined && lacking?.length === 0)`, `if (how !== undefined)`),
  ),
  variant(
    'near: rows marked by what is in memory',
    twoNear,
    drain(`return this.#behind === undefined ? piece : { ...piece, pending: [] }`, `return piece`),
  ),
]
