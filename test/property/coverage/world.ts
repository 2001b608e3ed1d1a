import type { Clock } from '../../../src/application/consistency/ports/clock.ts'
import type { Viewer } from '../../../src/application/ports/token-issuer.ts'
import type { Transaction } from '../../../src/application/ports/transactions.ts'
import type { Writes } from '../../../src/application/tables/reads-and-writes.ts'
import { type Application as EveryUseCase, WRITES } from '../../../src/application/use-cases.ts'
import { MarketflowError } from '../../../src/domain/errors.ts'
import { NOWHERE, slugify } from '../../../src/domain/market.ts'
import { type Command, POINTS, SCHEDULES, SLUGS } from './commands.ts'
import { KeptMails, NoHashing, NoTokens, WorldIds } from './fakes.ts'

export const UNKNOWN_ID = '00000000-0000-4000-8000-000000000000'

type Application = Pick<EveryUseCase, keyof typeof WRITES>

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
  /** The market that was handed over last. */
  assigned: string | undefined
  /** Accounts that have been deleted. */
  readonly left = new Set<string>()
  /** Of every market, and some that may come to be one's. */
  readonly slugs: Set<string>
  /** By account. */
  readonly #addresses = new Map<string, string>()
  /** What imported markets may be called in URLs. */
  readonly #listed: string[] = []
  readonly #clock: Clock
  readonly #random: WorldIds
  readonly #mark: string
  /** What the names of some of its markets and vendors sort behind, and of others before. */
  readonly middle: string

  constructor(number: number, clock: Clock) {
    this.#clock = clock
    this.#random = new WorldIds(number)
    this.#mark = String(999_999 - number).padStart(6, '0')
    this.middle = `${this.#mark} Birch`
    this.slugs = new Set(SLUGS.map((slug) => this.#slug(slug)))
  }

  /** Runs one command. Rejects only when something went wrong that no client should ever see. */
  async perform(command: Command, unitOfWork: Writes): Promise<Refusal> {
    this.#random.made.length = 0
    try {
      await this.#perform(command, this.#application(unitOfWork))
      return undefined
    } catch (error) {
      if (error instanceof MarketflowError) return error.code
      throw error
    }
  }

  async #perform(command: Command, writes: Application): Promise<void> {
    switch (command.do) {
      case 'register':
        return this.#register(command, writes)
      case 'create':
        return this.#create(command, writes)
      case 'edit': {
        const market = pick(this.markets, command.market)
        const viewer = organizer(command.stranger ? this.#otherThan(market?.owner) : market?.owner)
        const { latitude, ...named } = this.#named(command.changes)
        const changes = latitude === undefined ? named : { ...named, latitude, longitude: latitude }
        await writes.updateMarket(market?.id ?? UNKNOWN_ID, changes, viewer)
        return
      }
      case 'schedule': {
        const market = pick(this.markets, command.market)
        const viewer = organizer(command.stranger ? this.#otherThan(market?.owner) : market?.owner)
        await writes.scheduleMarket(market?.id ?? UNKNOWN_ID, SCHEDULES[command.seasons]!, viewer)
        return
      }
      case 'change-day': {
        const market = pick(this.markets, command.market)
        const viewer = organizer(command.stranger ? this.#otherThan(market?.owner) : market?.owner)
        await writes.changeDay(market?.id ?? UNKNOWN_ID, command.date, command.changes, viewer)
        return
      }
      case 'import':
        return this.#import(command, writes)
      case 'assign': {
        const slug = pick(this.#listed, command.listed) ?? 'none'
        const owner = this.#organizer(command.organizer)
        const { id } = await writes.assignMarket(slug, this.#addresses.get(owner)!)
        this.assigned = id
        this.markets.splice(
          this.markets.findIndex((market) => market.id === id),
          1,
          { id, owner },
        )
        return
      }
      case 'apply':
        return this.#apply(command, writes)
      case 'sign-out':
        return writes.signOutEverywhere(this.account(command.account))
      case 'change-password': {
        await writes.changePassword(this.account(command.account), 'twelve letters', 'twelve others')
        return
      }
      case 'edit-account': {
        const { email: number, ...named } = command.changes
        const email = number === undefined ? {} : { email: this.#address(number) }
        const id = this.account(command.account)
        const edited = await writes.updateAccount(id, { ...named, ...email }, 'twelve letters')
        this.#addresses.set(id, edited.email)
        return
      }
      case 'delete-account': {
        const id = this.account(command.account)
        await writes.deleteAccount(id, 'twelve letters')
        this.left.add(id)
        return
      }
      case 'reset-password': {
        const email = this.#addresses.get(this.account(command.account)) ?? 'unknown@example.org'
        await writes.requestPasswordReset(email)
        const { secret } = await writes.makeResetLink(email)
        await writes.resetPassword(secret, 'twelve others')
        return
      }
      case 'edit-vendor': {
        const vendor = pick(this.vendors, command.vendor)
        const viewer = vendorAs(command.stranger ? UNKNOWN_ID : vendor?.id)
        const { businessName, ...changes } = command.changes
        await writes.updateVendor(
          vendor?.id ?? UNKNOWN_ID,
          { ...changes, ...(businessName && { businessName: `${this.#mark} ${businessName}` }) },
          viewer,
        )
        return
      }
      case 'delete': {
        const market = pick(this.markets, command.market)
        const viewer = organizer(command.stranger ? this.#otherThan(market?.owner) : market?.owner)
        return writes.deleteMarket(market?.id ?? UNKNOWN_ID, viewer)
      }
      default:
        return this.#move(command, writes)
    }
  }

  async #register(
    { role, email, name }: Extract<Command, { do: 'register' }>,
    writes: Application,
  ): Promise<void> {
    const { account } = await writes.register({
      email: this.#address(email),
      password: 'twelve letters',
      name,
      role,
      businessName: `${this.#mark} ${name}`,
      category: 'bakery',
    })
    this.#addresses.set(account.id, account.email)
    if (account.vendorId === null) this.organizers.push(account.id)
    else this.vendors.push({ id: account.vendorId, account: account.id })
  }

  async #create(command: Extract<Command, { do: 'create' }>, writes: Application): Promise<void> {
    const owner = this.#organizer(command.organizer)
    const { name, city, region, country, stallCount, slug: wanted } = command
    const { id, slug } = await writes.createMarket(owner, {
      name: `${this.#mark} ${name}`,
      city,
      region,
      country,
      timeZone: 'America/Chicago',
      stallCount,
      slug: wanted && this.#slug(wanted),
    })
    this.markets.push({ id, owner })
    this.slugs.add(slug)
  }

  async #import({ rows, organizer: by, close }: Extract<Command, { do: 'import' }>, writes: Application) {
    const owner = this.#organizer(by)
    const source = `w${this.#mark}`
    const run = `00000000-0000-4000-9000-${this.#mark.padStart(12, '0')}`
    const batch = rows.map(({ directory, name, ...place }, line) => ({
      ...aRow,
      directoryId: `${directory}`,
      name: `${this.#mark} ${name}`,
      ...place,
      line,
    }))
    await writes.importMarkets(owner, { source, run, markets: batch, skipped: [] })
    // An import answers with counts only. It makes one id for each new market, and one of a few slugs.
    const made = [...this.#random.made]
    this.markets.push(...made.map((id) => ({ id, owner })))
    for (const { name, city, region } of batch) {
      for (const slug of [slugify(`${name} ${city}`), slugify(`${name} ${city} ${region}`)])
        for (const each of [slug, ...made.map((id) => `${slug}-${id.slice(0, 8)}`)]) this.slugs.add(each)
      this.#listed.push(slugify(`${name} ${city}`))
    }
    await writes.endImport({ source, run, close })
  }

  async #apply({ market: to, vendor: by }: Extract<Command, { do: 'apply' }>, writes: Application) {
    const market = pick(this.markets, to)
    const vendor = this.vendors[by % this.vendors.length]!.id
    const { id } = await writes.applyToMarket(market?.id ?? UNKNOWN_ID, vendor, 'Please')
    this.applications.push({ id, market: market!.id, organizer: market!.owner, vendor })
  }

  async #move(
    command: Extract<Command, { readonly application: number }>,
    writes: Application,
  ): Promise<void> {
    const application = pick(this.applications, command.application)
    const id = application?.id ?? UNKNOWN_ID
    if (command.do === 'withdraw') {
      const viewer = vendorAs(command.stranger ? UNKNOWN_ID : application?.vendor)
      await writes.withdrawApplication(id, viewer)
      return
    }
    const by = command.stranger ? this.#otherThan(application?.organizer) : application?.organizer
    if (command.do === 'remove') await writes.removeVendor(id, organizer(by), {}, 'Never there')
    else await writes[DECISIONS[command.do]](id, organizer(by))
  }

  /** What can be written here; what is read goes to the database, through the same transactions. */
  #application(writes: Writes): Application {
    const [hasher, tokens] = [new NoHashing(), new NoTokens()]
    // What is looked up goes through the unit of work, too; what records no event logs nothing.
    const transactions = { look: <T>(work: (tx: Transaction) => Promise<T>) => writes.run(work) }
    const needs = {
      writes,
      transactions,
      hasher,
      tokens,
      mailer: new KeptMails(),
      clock: this.#clock,
      random: this.#random,
    }
    const made = Object.entries(WRITES).map(([name, useCase]) => [name, useCase(needs)])
    return Object.fromEntries(made) as Application
  }

  /** Of organizers and then of vendors, or none. */
  account(index: number): string {
    return pick([...this.organizers, ...this.vendors.map(({ account }) => account)], index) ?? UNKNOWN_ID
  }

  #address(number: number): string {
    return `${this.#mark}-${number}@example.org`
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

const EVERY_SATURDAY = {
  from: '--01',
  to: '--12',
  weekly: [{ weekday: 'saturday', opens: '08:00', closes: '13:00' }],
  words: null,
} as const

/** What a directory says of every market. */
const aRow = {
  ...NOWHERE,
  latitude: POINTS[0],
  longitude: POINTS[0],
  description: '',
  timeZone: 'America/Chicago',
  listing: {
    listedBy: 'a directory',
    updatedOn: null,
    hours: [EVERY_SATURDAY],
    products: ['eggs'] as const,
    payment: [],
  },
}

const DECISIONS = {
  accept: 'acceptApplication',
  reject: 'rejectApplication',
  waitlist: 'waitlistApplication',
} as const

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
