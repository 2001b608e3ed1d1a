import type { EntityManager } from '@mikro-orm/core'
import { AccountRepository } from '../../../application/ports/account-repository.ts'
import { Account } from '../../../domain/account.ts'
import { parseUuid } from '../uuid.ts'
import { findLocked } from './locking.ts'

export class MikroAccountRepository extends AccountRepository {
  readonly #em: EntityManager

  constructor(em: EntityManager) {
    super()
    this.#em = em
  }

  async exist(): Promise<boolean> {
    return (await this.#em.count(Account)) > 0
  }

  add(account: Account): void {
    this.#em.persist(account)
  }

  async find(id: string): Promise<Account | undefined> {
    const uuid = parseUuid(id)
    return uuid === undefined ? undefined : ((await this.#em.findOne(Account, { id: uuid })) ?? undefined)
  }

  findForUpdate(id: string): Promise<Account | undefined> {
    return findLocked(this.#em, Account, id)
  }

  async findByEmail(email: string): Promise<Account | undefined> {
    return (await this.#em.findOne(Account, { email })) ?? undefined
  }
}
