import { ChangePassword } from '../../../src/application/accounts/change-password.ts'
import { RegisterAccount } from '../../../src/application/accounts/register-account.ts'
import { SignOutEverywhere } from '../../../src/application/accounts/sign-out-everywhere.ts'
import { AcceptApplication } from '../../../src/application/applications/accept-application.ts'
import { ApplyToMarket } from '../../../src/application/applications/apply-to-market.ts'
import { RejectApplication } from '../../../src/application/applications/reject-application.ts'
import { WaitlistApplication } from '../../../src/application/applications/waitlist-application.ts'
import { WithdrawApplication } from '../../../src/application/applications/withdraw-application.ts'
import type { Clock } from '../../../src/application/consistency/ports/clock.ts'
import { CreateMarket } from '../../../src/application/markets/create-market.ts'
import { ImportMarkets } from '../../../src/application/markets/import-markets.ts'
import { UpdateMarket } from '../../../src/application/markets/update-market.ts'
import type { Viewer } from '../../../src/application/ports/token-issuer.ts'
import type { Transaction } from '../../../src/application/ports/transactions.ts'
import type { Writes } from '../../../src/application/tables/reads-and-writes.ts'
import { UpdateVendor } from '../../../src/application/vendors/update-vendor.ts'
import { MarketflowError } from '../../../src/domain/errors.ts'
import { slugify } from '../../../src/domain/market.ts'
import { type Command, SLUGS } from './commands.ts'
import { NoHashing, NoTokens, WorldIds } from './fakes.ts'

export const UNKNOWN_ID = '00000000-0000-4000-8000-000000000000'

/** How a command ended: the code of the error that refused it, or undefined. */
export type Refusal = MarketflowError['code'] | undefined

/** A known market and who may edit it. */
interface Owned {
  readonly id: string
  readonly owner: string
}

interface KnownApplication {
  readonly id: string
  readonly market: string
  readonly organizer: string
  readonly vendor: string
}

/**
 * What a test knows of one world: the ids of everything in it. Worlds share a database, one after the other; a later
 * one's names sort before all earlier ones', so that the first pages of the listing are its own.
 */
export class World {
  readonly organizers: string[] = []
  readonly vendors: { readonly id: string; readonly account: string }[] = []
  readonly markets: Owned[] = []
  readonly applications: KnownApplication[] = []
  /** Of every market, and some that may come to be one's. */
  readonly slugs: Set<string>
  readonly #clock: Clock
  readonly #random: WorldIds
  readonly #mark: string

  constructor(number: number, clock: Clock) {
    this.#clock = clock
    this.#random = new WorldIds(number)
    this.#mark = String(999_999 - number).padStart(6, '0')
    this.slugs = new Set(SLUGS.map((slug) => this.#slug(slug)))
  }

  /** Runs one command. Rejects only when something went wrong that no client should ever see. */
  async perform(command: Command, unitOfWork: Writes): Promise<Refusal> {
    this.#random.made.length = 0
    try {
      await this.#perform(command, unitOfWork)
      return undefined
    } catch (error) {
      if (error instanceof MarketflowError && error.code !== 'internal') return error.code
      throw error
    }
  }

  async #perform(command: Command, unitOfWork: Writes): Promise<void> {
    switch (command.do) {
      case 'register':
        return this.#register(command, unitOfWork)
      case 'create':
        return this.#create(command, unitOfWork)
      case 'edit': {
        const market = pick(this.markets, command.market)
        const viewer = organizer(command.stranger ? this.#otherThan(market?.owner) : market?.owner)
        const changes = this.#named(command.changes)
        await new UpdateMarket(unitOfWork, this.#clock).execute(market?.id ?? UNKNOWN_ID, changes, viewer)
        return
      }
      case 'import':
        return this.#import(command, unitOfWork)
      case 'apply':
        return this.#apply(command, unitOfWork)
      case 'sign-out':
        return new SignOutEverywhere(unitOfWork).execute(this.#account(command.account))
      case 'change-password': {
        // Reads through the unit of work like everything in a world; what records no event logs nothing.
        const looks = { look: <T>(work: (tx: Transaction) => Promise<T>) => unitOfWork.run(work) }
        const changing = new ChangePassword(looks, unitOfWork, new NoHashing(), new NoTokens())
        await changing.execute(this.#account(command.account), 'twelve letters', 'twelve others')
        return
      }
      case 'edit-vendor': {
        const vendor = pick(this.vendors, command.vendor)
        const viewer = vendorAs(command.stranger ? UNKNOWN_ID : vendor?.id)
        await new UpdateVendor(unitOfWork, this.#clock).execute(
          vendor?.id ?? UNKNOWN_ID,
          command.changes,
          viewer,
        )
        return
      }
      default:
        return this.#move(command, unitOfWork)
    }
  }

  async #register(
    { role, email, name }: Extract<Command, { do: 'register' }>,
    unitOfWork: Writes,
  ): Promise<void> {
    const registering = new RegisterAccount(
      unitOfWork,
      new NoHashing(),
      new NoTokens(),
      this.#clock,
      this.#random,
    )
    const { account } = await registering.execute({
      email: `${this.#mark}-${email}@example.org`,
      password: 'twelve letters',
      name,
      role,
      businessName: name,
      category: 'bakery',
    })
    if (account.vendorId === null) this.organizers.push(account.id)
    else this.vendors.push({ id: account.vendorId, account: account.id })
  }

  async #create(command: Extract<Command, { do: 'create' }>, unitOfWork: Writes): Promise<void> {
    const owner = this.#organizer(command.organizer)
    const { name, city, stallCount, slug: wanted } = command
    const { id, slug } = await new CreateMarket(unitOfWork, this.#clock, this.#random).execute(owner, {
      name: `${this.#mark} ${name}`,
      city,
      stallCount,
      slug: wanted && this.#slug(wanted),
    })
    this.markets.push({ id, owner })
    this.slugs.add(slug)
  }

  async #import({ rows, organizer: by }: Extract<Command, { do: 'import' }>, unitOfWork: Writes) {
    const owner = this.#organizer(by)
    const batch = rows.map(({ directory, name, city }) => ({
      directoryId: `${this.#mark}-${directory}`,
      name: `${this.#mark} ${name}`,
      city,
      description: '',
    }))
    await new ImportMarkets(unitOfWork, this.#clock, this.#random).execute(owner, batch)
    // An import answers with counts only. It makes one id for each new market, and one of two slugs.
    const made = [...this.#random.made]
    this.markets.push(...made.map((id) => ({ id, owner })))
    for (const { name, city } of batch) {
      const slug = slugify(`${name} ${city}`)
      for (const each of [slug, ...made.map((id) => `${slug}-${id.slice(0, 8)}`)]) this.slugs.add(each)
    }
  }

  async #apply({ market: to, vendor: by }: Extract<Command, { do: 'apply' }>, unitOfWork: Writes) {
    const market = pick(this.markets, to)
    const vendor = this.vendors[by % this.vendors.length]!.id
    const applying = new ApplyToMarket(unitOfWork, this.#clock, this.#random)
    const { id } = await applying.execute(market?.id ?? UNKNOWN_ID, vendor, 'Please')
    this.applications.push({ id, market: market!.id, organizer: market!.owner, vendor })
  }

  async #move(
    command: Extract<Command, { readonly application: number }>,
    unitOfWork: Writes,
  ): Promise<void> {
    const application = pick(this.applications, command.application)
    const id = application?.id ?? UNKNOWN_ID
    if (command.do === 'withdraw') {
      const viewer = vendorAs(command.stranger ? UNKNOWN_ID : application?.vendor)
      await new WithdrawApplication(unitOfWork, this.#clock).execute(id, viewer)
      return
    }
    const Decision = DECISIONS[command.do]
    const by = command.stranger ? this.#otherThan(application?.organizer) : application?.organizer
    await new Decision(unitOfWork, this.#clock).execute(id, organizer(by))
  }

  #account(index: number): string {
    return pick([...this.organizers, ...this.vendors.map(({ account }) => account)], index) ?? UNKNOWN_ID
  }

  #slug(wanted: string): string {
    return `${this.#mark}-${wanted}`
  }

  #organizer(index: number): string {
    return this.organizers[index % this.organizers.length]!
  }

  #otherThan(owner: string | undefined): string | undefined {
    return this.organizers.find((id) => id !== owner)
  }

  #named<C extends { readonly name?: string }>(changes: C): C {
    return changes.name === undefined ? changes : { ...changes, name: `${this.#mark} ${changes.name}` }
  }
}

const DECISIONS = { accept: AcceptApplication, reject: RejectApplication, waitlist: WaitlistApplication }

/** One of them, or (the index just past the end) none: an id that nothing has. */
export function pick<T>(among: readonly T[], index: number): T | undefined {
  return among[index % (among.length + 1)]
}

function organizer(accountId = UNKNOWN_ID): Viewer {
  return { accountId, role: 'organizer', vendorId: null }
}

function vendorAs(vendorId = UNKNOWN_ID): Viewer {
  return { accountId: UNKNOWN_ID, role: 'vendor', vendorId }
}
