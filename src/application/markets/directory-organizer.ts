import { Account } from '../../domain/account.ts'
import type { Clock } from '../consistency/ports/clock.ts'
import type { Writes } from '../tables/reads-and-writes.ts'

/**
 * The account that stands for directories, whose markets have no organizer here. It is found by its id, which registration never gives out, since an
 * address is something that a stranger can choose. Its address is none: registration takes no such text either.
 */
export const DIRECTORY_ORGANIZER = {
  id: '6d666c77-0000-4000-8000-000000000001',
  email: 'usda-directory',
  name: 'Public directories',
} as const

/** What an account has instead of a password's hash when no password opens it. */
export const NO_PASSWORD = '!'
/** Where releases before this one kept the account: under a new id, found by this address. */
const FORMER_EMAIL = 'usda-directory@marketflow.invalid'

/** The account's id; made where there is none yet. One that a former import made goes on, one that a person made does not. */
export function directoryOrganizer(unitOfWork: Writes, clock: Clock): Promise<string> {
  return unitOfWork.run(async (tx, record) => {
    const { id, email, name } = DIRECTORY_ORGANIZER
    if ((await tx.accounts.find(id)) !== undefined) return id
    const former = await tx.accounts.findByEmail(FORMER_EMAIL)
    if (former?.passwordHash === NO_PASSWORD) return former.id
    const createdAt = new Date(clock.now())
    const props = { id, email, name, passwordHash: NO_PASSWORD, vendorId: null, createdAt }
    tx.accounts.add(new Account({ ...props, role: 'organizer' }))
    record({ type: 'organizer-registered', organizerId: id })
    return id
  })
}
