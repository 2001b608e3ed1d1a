import { MarketflowError } from './errors.ts'
import type { Market } from './market.ts'

export const APPLICATION_STATUSES = ['pending', 'waitlisted', 'accepted', 'rejected', 'withdrawn'] as const
export type ApplicationStatus = (typeof APPLICATION_STATUSES)[number]

/** A live application blocks another by the same vendor at the same market. */
export const LIVE_STATUSES: readonly ApplicationStatus[] = ['pending', 'waitlisted', 'accepted']

/** In characters, of what either side writes to the other. */
export const LONGEST_MESSAGE = 2000

export interface VendorApplicationProps {
  id: string
  marketId: string
  vendorId: string
  message: string
  createdAt: Date
}

/** A vendor's request for a stall. Named in full because «application» already names a layer. */
export class VendorApplication {
  readonly id: string
  readonly marketId: string
  vendorId: string
  message: string
  status: ApplicationStatus = 'pending'
  /** Why a vendor that was accepted lost its stall; null for all others. */
  reason: string | null = null
  readonly createdAt: Date
  updatedAt: Date

  constructor(props: VendorApplicationProps) {
    this.id = props.id
    this.marketId = props.marketId
    this.vendorId = props.vendorId
    this.message = props.message
    this.createdAt = props.createdAt
    this.updatedAt = props.createdAt
  }

  /**
   * Gives the vendor a stall. The caller holds the market's row lock.
   * @throws MarketflowError `wrong-status` unless pending or waitlisted, `market-full` when no stall is left.
   */
  accept(market: Market, now: Date): void {
    assertMayMove(this, ['pending', 'waitlisted'], 'accepted')
    market.takeStall()
    move(this, 'accepted', now)
  }

  /** @throws MarketflowError `wrong-status` unless pending or waitlisted. */
  reject(now: Date): void {
    assertMayMove(this, ['pending', 'waitlisted'], 'rejected')
    move(this, 'rejected', now)
  }

  /** @throws MarketflowError `wrong-status` unless pending. */
  waitlist(now: Date): void {
    assertMayMove(this, ['pending'], 'waitlisted')
    move(this, 'waitlisted', now)
  }

  /**
   * Ends what was agreed: the vendor loses its stall, and is told why. The caller holds the market's row lock. Its
   * status is `rejected`, which every release knows, with a reason.
   * @throws MarketflowError `wrong-status` unless accepted.
   */
  remove(market: Market, reason: string, now: Date): void {
    if (this.status !== 'accepted') {
      throw new MarketflowError('wrong-status', `An application that is ${this.status} has no stall to lose`)
    }
    market.freeStall()
    this.reason = reason
    move(this, 'rejected', now)
  }

  /**
   * Takes the request back; from `accepted` this frees the stall. The caller holds the market's row lock.
   * @throws MarketflowError `wrong-status` unless the application is live.
   */
  withdraw(market: Market, now: Date): void {
    assertMayMove(this, LIVE_STATUSES, 'withdrawn')
    if (this.status === 'accepted') market.freeStall()
    move(this, 'withdrawn', now)
  }

  /** Of a vendor that has left, the market keeps that it was there: not who it was, and none of the words. */
  anonymize(standIn: string): void {
    this.vendorId = standIn
    this.message = ''
    if (this.reason !== null) this.reason = ''
  }
}

// Functions, not private methods: an object-relational mapper makes instances without the constructor that brands them.

function assertMayMove(
  application: VendorApplication,
  allowed: readonly ApplicationStatus[],
  to: ApplicationStatus,
): void {
  if (!allowed.includes(application.status)) {
    throw new MarketflowError(
      'wrong-status',
      `An application that is ${application.status} cannot become ${to}`,
    )
  }
}

function move(application: VendorApplication, to: ApplicationStatus, now: Date): void {
  application.status = to
  application.updatedAt = now
}
