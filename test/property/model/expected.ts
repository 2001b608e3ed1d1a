import type { MarketStatus } from '../../../src/domain/market.ts'
import type { ApplicationStatus } from '../../../src/domain/vendor-application.ts'
import { type Command, SCHEDULES } from '../coverage/commands.ts'
import { pick, type Refusal, UNKNOWN_ID, type World } from '../coverage/world.ts'

/** What the counts of a market come to, as a person would work them out. */
export interface ExpectedStats {
  readonly vendor_count: number
  readonly pending_applications: number
  readonly waitlisted_applications: number
  /** Null for a listing that has no organizer yet. */
  readonly stall_count: number | null
  readonly open_stalls: number | null
}

interface ExpectedMarket {
  readonly id: string
  /** Undefined while it is as its directory has it. */
  status: MarketStatus | undefined
  stalls: number
  /** Its hours are told in its own time zone, which it then keeps. */
  hasSeasons: boolean
  unclaimed: boolean
}

interface ExpectedApplication {
  readonly market: string
  readonly vendor: string
  status: ApplicationStatus
}

/** A draft opens before it closes; what is closed opens, what is open closes. */
const NEVER_AFTER: Readonly<Record<MarketStatus, MarketStatus>> = {
  draft: 'closed',
  active: 'draft',
  closed: 'draft',
}

const LIVE: readonly ApplicationStatus[] = ['pending', 'waitlisted', 'accepted']
const MOVED: Readonly<
  Record<string, { readonly from: readonly ApplicationStatus[]; readonly to: ApplicationStatus }>
> = {
  accept: { from: ['pending', 'waitlisted'], to: 'accepted' },
  reject: { from: ['pending', 'waitlisted'], to: 'rejected' },
  waitlist: { from: ['pending'], to: 'waitlisted' },
  remove: { from: ['accepted'], to: 'rejected' },
  withdraw: { from: LIVE, to: 'withdrawn' },
}

/** Whether the organizer of a market has left it behind. */
function hasLeft(market: string, { markets, left }: World): boolean {
  return left.has(markets.find(({ id }) => id === market)?.owner ?? '')
}

/** The tiny model: stalls and statuses, kept without a database, a cache or the domain's own rules. */
export class Expected {
  readonly #markets = new Map<string, ExpectedMarket>()
  readonly #applications = new Map<string, ExpectedApplication>()
  readonly #deleted = new Set<string>()

  /** Whether the rules of stalls, statuses and seasons allow it; undefined where other rules decide (who, which slug). */
  allows(command: Command, world: World): boolean | undefined {
    switch (command.do) {
      case 'edit': {
        const market = this.#markets.get(pick(world.markets, command.market)?.id ?? '')
        if (market === undefined || command.stranger || hasLeft(market.id, world)) return false
        if (market.unclaimed || market.status === undefined) return undefined
        const { status = market.status, stallCount = market.stalls } = command.changes
        const turns =
          status === market.status || (status !== 'draft' && status !== NEVER_AFTER[market.status])
        const keepsZone = !market.hasSeasons || command.changes.timeZone !== ''
        return turns && keepsZone && stallCount >= this.#taken(market.id)
      }
      case 'delete-account': {
        const id = world.account(command.account)
        if (id === UNKNOWN_ID || world.left.has(id)) return false
        const own = world.markets
          .filter(({ owner }) => owner === id)
          .map((each) => this.#markets.get(each.id))
        if (own.some((market) => market?.status === 'active')) return false
        return own.some((market) => market !== undefined && market.status === undefined) ? undefined : true
      }
      case 'delete': {
        const market = this.#markets.get(pick(world.markets, command.market)?.id ?? '')
        if (market !== undefined && market.status === undefined) return undefined
        return market?.status === 'draft' && !command.stranger && !hasLeft(market.id, world)
      }
      case 'apply': {
        const id = pick(world.markets, command.market)?.id ?? ''
        const { id: vendor, account } = world.vendors[command.vendor % world.vendors.length]!
        if (world.left.has(account)) return false
        const market = this.#markets.get(id)
        if (market?.unclaimed || this.#live(id, vendor)) return false
        return market !== undefined && market.status === undefined ? undefined : market?.status === 'active'
      }
      case 'accept':
      case 'reject':
      case 'waitlist':
      case 'remove':
      case 'withdraw': {
        const application = this.#applications.get(pick(world.applications, command.application)?.id ?? '')
        if (application === undefined || command.stranger) return false
        if (!MOVED[command.do]!.from.includes(application.status)) return false
        const { market } = application
        if (command.do !== 'withdraw' && hasLeft(market, world)) return false
        return command.do !== 'accept' || this.#taken(market) < this.#markets.get(market)!.stalls
      }
      default:
        return undefined
    }
  }

  /** Follows a command that was carried out; the world already knows what it made. */
  follow(command: Command, world: World, refused: Refusal): void {
    if (refused !== undefined) return
    if (command.do === 'create') this.#add(world.markets.at(-1)!.id, 'draft', command.stallCount)
    if (command.do === 'import') {
      for (const { id } of world.markets) {
        if (!this.#markets.has(id) && !this.#deleted.has(id)) this.#add(id, undefined, 0, true)
      }
      for (const market of this.#markets.values()) if (market.unclaimed) market.status = undefined
    }
    if (command.do === 'assign') {
      const market = this.#markets.get(world.assigned!)
      if (market !== undefined) market.unclaimed = false
    }
    if (command.do === 'edit') {
      const market = this.#markets.get(pick(world.markets, command.market)!.id)!
      market.status = command.changes.status ?? market.status
      market.stalls = command.changes.stallCount ?? market.stalls
    }
    if (command.do === 'schedule') {
      this.#markets.get(pick(world.markets, command.market)!.id)!.hasSeasons =
        SCHEDULES[command.seasons]!.length > 0
    }
    if (command.do === 'delete-account') this.#leave(world.account(command.account), world)
    if (command.do === 'delete') {
      const { id } = pick(world.markets, command.market)!
      this.#markets.delete(id)
      this.#deleted.add(id)
    }
    if (command.do === 'apply') {
      const { id, market, vendor } = world.applications.at(-1)!
      this.#applications.set(id, { market, vendor, status: 'pending' })
    }
    if ('application' in command) {
      this.#applications.get(pick(world.applications, command.application)!.id)!.status =
        MOVED[command.do]!.to
    }
  }

  exists(market: string): boolean {
    return this.#markets.has(market)
  }

  stats(market: string): ExpectedStats {
    const { stalls, unclaimed } = this.#markets.get(market)!
    const vendor_count = this.#taken(market)
    return {
      vendor_count,
      pending_applications: this.#count(market, 'pending'),
      waitlisted_applications: this.#count(market, 'waitlisted'),
      stall_count: unclaimed ? null : stalls,
      open_stalls: unclaimed ? null : stalls - vendor_count,
    }
  }

  status(market: string): MarketStatus | undefined {
    return this.#markets.get(market)!.status
  }

  /** Drafts go; what a vendor still asked for, or had, is withdrawn. */
  #leave(account: string, world: World): void {
    for (const { id, owner } of world.markets) {
      if (owner !== account || this.#markets.get(id)?.status !== 'draft') continue
      this.#markets.delete(id)
      this.#deleted.add(id)
    }
    const vendor = world.vendors.find((each) => each.account === account)?.id
    for (const application of this.#applications.values())
      if (application.vendor === vendor && LIVE.includes(application.status)) application.status = 'withdrawn'
  }

  #add(id: string, status: MarketStatus | undefined, stalls: number, unclaimed = false): void {
    this.#markets.set(id, { id, status, stalls, hasSeasons: false, unclaimed })
  }

  #taken(market: string): number {
    return this.#count(market, 'accepted')
  }

  #count(market: string, status: ApplicationStatus): number {
    return [...this.#applications.values()].filter((a) => a.market === market && a.status === status).length
  }

  #live(market: string, vendor: string): boolean {
    return [...this.#applications.values()].some(
      (a) => a.market === market && a.vendor === vendor && LIVE.includes(a.status),
    )
  }
}
