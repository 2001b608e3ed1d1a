import { type EntityManager, LockMode } from '@mikro-orm/core'
import { parseUuid } from '../uuid.ts'

/**
 * `select … for update`. What was read before the lock may be old by the time the lock is granted, so the fields of an
 * instance that this transaction has already read are replaced; its own changes are flushed before.
 */
export async function findLocked<T extends { readonly id: string }>(
  em: EntityManager,
  entity: new (...args: never[]) => T,
  id: string,
): Promise<T | undefined> {
  const uuid = parseUuid(id)
  if (uuid === undefined) return undefined
  await em.flush()
  const options = { lockMode: LockMode.PESSIMISTIC_WRITE, refresh: true } as const
  return ((await em.findOne<T>(entity, { id: uuid } as never, options)) as T | null) ?? undefined
}
