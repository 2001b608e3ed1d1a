import type { Variant } from '../variant.ts'
import { CLUSTER, CONNECTIONS } from './connections.ts'
import { CONTROLS } from './controls.ts'
import { FENCE } from './fence.ts'
import { HOLDERS } from './holders.ts'
import { LOG_AND_LEASE } from './log-and-lease.ts'
import { NEAR } from './near.ts'
import { DEPLOYMENTS, PRIVATE } from './private.ts'

/** Every variant that must be caught, by what it breaks. */
export const GROUPS: Readonly<Record<string, readonly Variant[]>> = {
  'the fence': FENCE,
  'the log and the lease': LOG_AND_LEASE,
  'new connections': CONNECTIONS,
  'a cluster': CLUSTER,
  'private caches': PRIVATE,
  holders: HOLDERS,
  'near caches': NEAR,
  deployments: DEPLOYMENTS,
}

export const BROKEN: readonly Variant[] = Object.values(GROUPS).flat()

/** @throws RangeError when none is called so */
export function variantCalled(name: string): Variant {
  const found = [...BROKEN, ...CONTROLS].find((each) => each.name === name)
  if (found === undefined) throw new RangeError(`No variant is called «${name}»`)
  return found
}
