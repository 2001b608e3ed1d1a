import { Account, FORMER_ORGANIZER } from '../../domain/account.ts'
import { MarketflowError } from '../../domain/errors.ts'
import { FORMER_VENDOR, Vendor } from '../../domain/vendor.ts'
import { LIVE_STATUSES } from '../../domain/vendor-application.ts'
import { moved } from '../applications/decisions.ts'
import { assigned } from '../markets/assign-market.ts'
import { NO_PASSWORD } from '../markets/directory-organizer.ts'
import type { Transaction } from '../ports/transactions.ts'
import type { RecordEvent } from '../tables/reads-and-writes.ts'
import { type Dependencies, now, type Writing } from '../use-case/use-case.ts'
import { lockProven, proven } from './account-settings.ts'

/**
 * An account leaves for good, and what others rely on stays. An organizer's drafts go, its closed markets get the former
 * organizer. A vendor's live applications are withdrawn, and all it made stay in the markets' history, without its words,
 * as the former vendor's.
 * @throws MarketflowError `market-active` while an organizer has an active market; what `proven` and `lockProven` say
 */
export const DeleteAccount =
  (needs: Writing & Pick<Dependencies, 'transactions' | 'hasher'>) =>
  async (accountId: string, password: string, signal?: AbortSignal): Promise<void> => {
    const known = await needs.hasher.admit(
      (passwords) => proven(needs, accountId, password, passwords),
      signal,
    )
    const attempt = () =>
      needs.writes.run(async (tx, record) => {
        const account = await lockProven(tx, known)
        const { id, vendorId, email } = account
        if (vendorId === null) await leaveMarkets(tx, record, id, now(needs))
        else if (!(await leaveApplications(tx, record, { id, vendorId }, now(needs)))) return false
        await tx.answers.forget(id)
        await tx.resets.forgetRequest(email)
        tx.accounts.remove(account)
        return true
      })
    let left = false
    while (!left) left = await attempt()
  }

/** The account's lock keeps new markets out: their foreign key needs its row. */
async function leaveMarkets(tx: Transaction, record: RecordEvent, organizerId: string, at: Date) {
  const markets = await tx.markets.findOfForUpdate(organizerId)
  const active = markets.find(({ status }) => status === 'active')
  if (active !== undefined)
    throw new MarketflowError('market-active', `${active.name} (${active.slug}) is active: close it first`)
  const applied = await tx.applications.at(
    markets.map(({ id }) => id),
    1,
  )
  // A hand may have made a draft again of what vendors have applied to.
  const [drafts = [], others = []] = [true, false].map((isDraft) =>
    markets.filter(({ id, status }) => (status === 'draft' && !applied.get(id)?.length) === isDraft),
  )
  for (const draft of drafts) {
    tx.markets.remove(draft)
    record({ type: 'market-deleted', marketId: draft.id, organizerId })
  }
  if (others.length > 0) await formerOrganizer(tx, record, at)
  for (const market of others) {
    market.passTo(FORMER_ORGANIZER.id, at)
    record(await assigned(tx, market, organizerId))
  }
  record({ type: 'organizer-left', organizerId })
}

/**
 * Withdrawals need the markets' locks, and those come before the vendor's, which keeps new applications out. Resolves with
 * false where one came in between, at another market; nothing is changed then.
 */
async function leaveApplications(
  tx: Transaction,
  record: RecordEvent,
  { id: accountId, vendorId }: { readonly id: string; readonly vendorId: string },
  at: Date,
): Promise<boolean> {
  const appliedTo = async () => (await tx.applications.of(vendorId)).map(({ marketId }) => marketId)
  const locked = await tx.markets.findAllForUpdate(await appliedTo())
  const markets = new Map(locked.map((market) => [market.id, market]))
  const vendor = await tx.vendors.findForUpdate(vendorId)
  const applications = await tx.applications.of(vendorId)
  if (applications.some(({ marketId }) => !markets.has(marketId))) return false
  if (applications.length > 0) await formerVendor(tx, at)
  for (const application of applications) {
    const market = markets.get(application.marketId)!
    const { status } = application
    if (LIVE_STATUSES.includes(status)) {
      application.withdraw(market, at)
      record(await moved(tx, application, market, status))
    }
    application.anonymize(FORMER_VENDOR.id)
  }
  record({
    type: 'vendor-left',
    vendorId,
    accountId,
    standIn: FORMER_VENDOR.id,
    marketIds: [...markets.keys()],
    organizerIds: locked.map(({ organizerId }) => organizerId),
    applicationIds: applications.map(({ id }) => id),
  })
  if (vendor !== undefined) tx.vendors.remove(vendor)
  return true
}

/** These are made where there are none yet; of two at once, one runs again and finds it. */
async function formerOrganizer(tx: Transaction, record: RecordEvent, createdAt: Date): Promise<void> {
  if ((await tx.accounts.find(FORMER_ORGANIZER.id)) !== undefined) return
  const props = { ...FORMER_ORGANIZER, role: 'organizer', passwordHash: NO_PASSWORD, vendorId: null } as const
  tx.accounts.add(new Account({ ...props, createdAt }))
  record({ type: 'organizer-registered', organizerId: FORMER_ORGANIZER.id })
}

async function formerVendor(tx: Transaction, createdAt: Date): Promise<void> {
  if ((await tx.vendors.findForUpdate(FORMER_VENDOR.id)) !== undefined) return
  tx.vendors.add(new Vendor({ ...FORMER_VENDOR, createdAt }))
}
