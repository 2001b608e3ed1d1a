import fc from 'fast-check'
import { type Command, command, endSessions } from '../coverage/commands.ts'

/** What befalls a cache beside writes. `seconds` pass on every clock at once. */
export type Mishap =
  | { readonly do: 'pass'; readonly seconds: number }
  | { readonly do: 'flush' }
  | { readonly do: 'evict'; readonly keys: readonly number[] }
  | { readonly do: 'cut' }

/** One step of a script: a write through one of the instances, or a mishap. */
export type Action = Mishap | { readonly do: 'write'; readonly via: number; readonly command: Command }

const via = fc.nat({ max: 1 })
const write = fc.record({ do: fc.constant('write' as const), via, command })
/** The only write that changes an account's view: two worlds should have it. */
const signOut = fc.record({ do: fc.constant('write' as const), via, command: endSessions })

/** Below every TTL, beyond the short ones, beyond all. */
const pass = fc.record({ do: fc.constant('pass' as const), seconds: fc.constantFrom(20, 200, 1200) })

const evict = fc.record({
  do: fc.constant('evict' as const),
  keys: fc.array(fc.nat({ max: 999 }), { minLength: 1, maxLength: 20, size: 'max' }),
})

export const actions: fc.Arbitrary<Action[]> = fc.array(
  fc.oneof(
    { weight: 10, arbitrary: write },
    { weight: 2, arbitrary: signOut },
    { weight: 2, arbitrary: pass },
    { weight: 1, arbitrary: fc.constant({ do: 'flush' as const }) },
    { weight: 2, arbitrary: evict },
    { weight: 1, arbitrary: fc.constant({ do: 'cut' as const }) },
  ),
  { minLength: 15, maxLength: 20, size: 'max' },
)
