import { readFileSync } from 'node:fs'
import type { Container } from 'inversify'
import { Clock } from '../../application/consistency/ports/clock.ts'
import { Random } from '../../application/consistency/ports/random.ts'
import { listingOf } from '../../application/markets/update-market.ts'
import { PasswordHasher } from '../../application/ports/password-hasher.ts'
import { type Transaction, Transactions } from '../../application/ports/transactions.ts'
import { Writes } from '../../application/tables/reads-and-writes.ts'
import { Account } from '../../domain/account.ts'
import { Market, type MarketProps, type MarketStatus, type Place, slugify } from '../../domain/market.ts'
import { dateAt, type Opening } from '../../domain/season.ts'
import { Vendor, type VendorProps } from '../../domain/vendor.ts'
import { type ApplicationStatus, VendorApplication } from '../../domain/vendor-application.ts'

interface Demo {
  /** Of every account; README prints it. */
  readonly password: string
  readonly organizers: readonly { key: string; email: string; name: string }[]
  readonly vendors: readonly ({ key: string; email: string; name: string } & Omit<
    VendorProps,
    'id' | 'createdAt'
  >)[]
  readonly markets: readonly ({
    key: string
    organizer: string
    status: MarketStatus
    /** All year round; empty for a market that does not open yet, or any more. */
    weekly: readonly Opening[]
  } & Pick<MarketProps, 'name' | 'stallCount' | 'description'> &
    Place)[]
  readonly applications: readonly {
    market: string
    vendor: string
    status: ApplicationStatus
    message: string
  }[]
}

export const DEMO: Demo = JSON.parse(readFileSync(new URL('demo.json', import.meta.url), 'utf8'))

const HOUR_MS = 3_600_000

/**
 * Fills an empty database with demo accounts, markets and applications, in one transaction.
 * @returns whether it did: a database with any account is left alone
 */
export async function seedDemo(container: Container): Promise<boolean> {
  const [unitOfWork, hasher, clock, random] = await Promise.all([
    container.getAsync(Writes),
    container.getAsync(PasswordHasher),
    container.getAsync(Clock),
    container.getAsync(Random),
  ])
  const passwordHash = await hasher.admit(({ hash }) => hash(DEMO.password))
  return unitOfWork.run(async (tx, record) => {
    if (await tx.accounts.exist()) return false
    const seeding = new Seeding(tx, passwordHash, clock.now(), random)
    seeding.addOrganizers()
    seeding.addVendors()
    seeding.addMarkets()
    seeding.addApplications()
    await seeding.addDays()
    // Every organizer, vendor and market is new, so of all cached views only the listings can show the difference.
    for (const market of seeding.markets.values()) {
      const { id, slug, organizerId } = market
      record({ type: 'market-created', marketId: id, slug, organizerId, listing: listingOf(market) })
    }
    return true
  })
}

/** The demo accounts into which the published password leads: those of a database that was filled for a first look. */
export async function openDemoAccounts(container: Container): Promise<string[]> {
  const [transactions, hasher] = await Promise.all([
    container.getAsync(Transactions),
    container.getAsync(PasswordHasher),
  ])
  const accounts = await transactions.run(async (tx) => {
    const found: Account[] = []
    for (const { email } of [...DEMO.organizers, ...DEMO.vendors]) {
      const account = await tx.accounts.findByEmail(email)
      if (account !== undefined) found.push(account)
    }
    return found
  })
  // They were made with one hash; those whose password was changed have others.
  const open = new Map<string, boolean>()
  await hasher.admit(async ({ verify }) => {
    for (const { passwordHash } of accounts)
      if (!open.has(passwordHash)) open.set(passwordHash, await verify(DEMO.password, passwordHash))
  })
  return accounts.filter(({ passwordHash }) => open.get(passwordHash)).map(({ email }) => email)
}

/** One run of the seeding: what was made so far, by the demo data's keys. */
class Seeding {
  readonly markets = new Map<string, Market>()
  readonly #organizerIds = new Map<string, string>()
  readonly #vendorIds = new Map<string, string>()
  readonly #tx: Transaction
  readonly #passwordHash: string
  readonly #now: number
  readonly #random: Random

  constructor(tx: Transaction, passwordHash: string, now: number, random: Random) {
    this.#tx = tx
    this.#passwordHash = passwordHash
    this.#now = now
    this.#random = random
  }

  addOrganizers(): void {
    for (const { key, email, name } of DEMO.organizers) {
      const id = this.#random.uuid()
      this.#organizerIds.set(key, id)
      this.#addAccount({ id, email, name, role: 'organizer', vendorId: null })
    }
  }

  addVendors(): void {
    for (const { key, email, name, ...profile } of DEMO.vendors) {
      const id = this.#random.uuid()
      this.#vendorIds.set(key, id)
      this.#tx.vendors.add(new Vendor({ id, ...profile, createdAt: this.#daysAgo(60) }))
      this.#addAccount({ id: this.#random.uuid(), email, name, role: 'vendor', vendorId: id })
    }
  }

  addMarkets(): void {
    for (const { key, organizer, status, weekly: _, ...props } of DEMO.markets) {
      const slug = slugify(`${props.name} ${props.city}`)
      const organizerId = this.#organizerIds.get(organizer)!
      const createdAt = this.#daysAgo(50)
      const market = new Market({ id: this.#random.uuid(), organizerId, slug, ...props, createdAt })
      if (status !== 'draft') market.edit({ status: 'active' }, createdAt)
      this.markets.set(key, market)
      this.#tx.markets.add(market)
    }
  }

  /** Markets close after their applications were decided, as they do in life. */
  addApplications(): void {
    DEMO.applications.forEach(({ market: key, vendor, status, message }, i) => {
      const market = this.markets.get(key)!
      const createdAt = new Date(this.#now - (DEMO.applications.length - i) * 7 * HOUR_MS)
      const decidedAt = new Date(createdAt.getTime() + 5 * HOUR_MS)
      const props = { id: this.#random.uuid(), marketId: market.id, vendorId: this.#vendorIds.get(vendor)! }
      const application = new VendorApplication({ ...props, message, createdAt })
      if (status === 'accepted') application.accept(market, decidedAt)
      if (status === 'rejected') application.reject(decidedAt)
      if (status === 'waitlisted') application.waitlist(decidedAt)
      if (status === 'withdrawn') application.withdraw(market, decidedAt)
      this.#tx.applications.add(application)
    })
    for (const { key, status } of DEMO.markets) {
      if (status === 'closed') this.markets.get(key)!.edit({ status }, this.#daysAgo(0))
    }
  }

  async addDays(): Promise<void> {
    const at = this.#daysAgo(40)
    for (const { key, weekly } of DEMO.markets) {
      const market = this.markets.get(key)!
      const [from, to] = [-30, 330].map((days) => dateAt(this.#now + days * 24 * HOUR_MS, market.timeZone))
      const seasons = weekly.length === 0 ? [] : [{ name: '', from: from!, to: to!, weekly }]
      await this.#tx.days.put(market.id, market.schedule(seasons, at), at)
    }
  }

  #addAccount(props: Pick<Account, 'id' | 'email' | 'name' | 'role' | 'vendorId'>): void {
    const createdAt = this.#daysAgo(60)
    this.#tx.accounts.add(new Account({ ...props, passwordHash: this.#passwordHash, createdAt }))
  }

  #daysAgo(days: number): Date {
    return new Date(this.#now - days * 24 * HOUR_MS)
  }
}
