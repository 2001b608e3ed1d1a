import type { Account } from '../../domain/account.ts'
import type { ApplicationIds } from '../../domain/events.ts'
import type { Market } from '../../domain/market.ts'
import type { MarketDay } from '../../domain/season.ts'
import type { Vendor } from '../../domain/vendor.ts'
import type { VendorApplication } from '../../domain/vendor-application.ts'

/** A row of a directory's file: the id that it tells, and the line it is on. */
export interface SeenRow {
  readonly directoryId: string
  readonly line: number
}

export abstract class MarketRepository {
  abstract add(market: Market): void
  /** Many new ones, in one statement, at once. */
  abstract addAll(markets: readonly Market[]): Promise<void>
  /** Whatever still points to it makes the COMMIT fail. */
  abstract remove(market: Market): void
  /** Takes the row's lock until the transaction ends. */
  abstract findForUpdate(id: string): Promise<Market | undefined>
  abstract find(id: string): Promise<Market | undefined>
  /** Those of these slugs that markets have. */
  abstract takenSlugs(slugs: readonly string[]): Promise<Set<string>>
  /** As `findForUpdate`, by its slug. */
  abstract findBySlugForUpdate(slug: string): Promise<Market | undefined>
  /** Those of them that there are, locked. */
  abstract findAllForUpdate(ids: readonly string[]): Promise<Market[]>
  /** All of an organizer’s, locked. */
  abstract findOfForUpdate(organizerId: string): Promise<Market[]>
  /** The markets imported under these ids of a directory, locked. */
  abstract findByDirectoryIds(source: string, ids: readonly string[]): Promise<Market[]>
  /** Notes what an import has come across, and tells of those ids that it had noted before on which line that was. */
  abstract noteSeen(run: string, rows: readonly SeenRow[]): Promise<Map<string, number>>
  /** How many unclaimed, active markets of a directory the import has not come across. */
  abstract countMissing(source: string, run: string): Promise<number>
  /** Some of them, locked. */
  abstract findMissing(source: string, run: string, atMost: number): Promise<Market[]>
  /** Deletes what an import has noted, and what those noted that ended early, more than a day ago. */
  abstract forgetSeen(run: string): Promise<void>
  /** By market, the ids of the vendors accepted there: all, unless there are more than `atMost`. */
  abstract acceptedVendorIds(ids: readonly string[], atMost: number): Promise<Map<string, string[]>>
}

/** The dates on which markets open. Lock the market first. */
export abstract class MarketDayRepository {
  /** All of a market, in order. */
  abstract of(marketId: string): Promise<MarketDay[]>
  abstract find(marketId: string, date: string): Promise<MarketDay | undefined>
  abstract put(marketId: string, days: readonly MarketDay[], now: Date): Promise<void>
  abstract remove(marketId: string, dates: readonly string[]): Promise<void>
}

export abstract class AccountRepository {
  /** Whether there is any account. */
  abstract exist(): Promise<boolean>
  abstract add(account: Account): void
  /** Whatever still points to it makes the COMMIT fail. */
  abstract remove(account: Account): void
  abstract find(id: string): Promise<Account | undefined>
  /** As it is now, and until this transaction ends. */
  abstract findForUpdate(id: string): Promise<Account | undefined>
  /** `email` as `normalizeEmail` gives it. */
  abstract findByEmail(email: string): Promise<Account | undefined>
}

export abstract class ApplicationRepository {
  abstract add(application: VendorApplication): void
  /** Without a lock: only to learn which market to lock. */
  abstract find(id: string): Promise<VendorApplication | undefined>
  /** Takes the row's lock until the transaction ends. Lock the market first: all writes lock in that order. */
  abstract findForUpdate(id: string): Promise<VendorApplication | undefined>
  /** By market, those made there: all, unless there are more than `atMost`. */
  abstract at(marketIds: readonly string[], atMost: number): Promise<Map<string, ApplicationIds[]>>
  /** Those on a market's waiting list, likewise. */
  abstract waitingAt(marketId: string, atMost: number): Promise<ApplicationIds[]>
  /** All that a vendor ever made, as they are now. */
  abstract of(vendorId: string): Promise<VendorApplication[]>
  /** Those that a vendor ever made, likewise. */
  abstract idsOf(vendorId: string, atMost: number): Promise<string[]>
  /** Those made at any of an organizer’s markets, likewise. */
  abstract idsFor(organizerId: string, atMost: number): Promise<string[]>
  /** Whether the vendor has a pending, waitlisted or accepted application at the market. */
  abstract liveExists(marketId: string, vendorId: string): Promise<boolean>
}

export abstract class VendorRepository {
  abstract add(vendor: Vendor): void
  /** Whatever still points to it makes the COMMIT fail. */
  abstract remove(vendor: Vendor): void
  /** Until this transaction ends, none that ever applied to the market changes. */
  abstract holdApplicantsOf(marketId: string): Promise<void>
  /** Takes the row's lock until the transaction ends. */
  abstract findForUpdate(id: string): Promise<Vendor | undefined>
  /** Markets this vendor ever applied to: all, unless there are more than `atMost`. */
  abstract marketsAppliedTo(id: string, atMost: number): Promise<{ marketId: string; slug: string }[]>
  /** Who organizes any of the markets it ever applied to, likewise. */
  abstract organizersAppliedTo(id: string, atMost: number): Promise<string[]>
}

/** A link by which an account takes another password. */
export interface ResetLink {
  readonly accountId: string
  /** The account's, when it was made. */
  readonly sessionEpoch: number
  readonly expiresAt: Date
}

/** An address whose owner, if there is one, is to be sent a link. */
export interface ResetRequest {
  readonly email: string
  readonly requestedAt: Date
  /** Counted from 1. */
  readonly attempt: number
}

export abstract class PasswordResetRepository {
  /** `secret`: what the link holds, of which a digest is kept. */
  abstract add(secret: string, link: ResetLink): Promise<void>
  abstract find(secret: string): Promise<ResetLink | undefined>
  /** Finds it, and deletes it. */
  abstract take(secret: string): Promise<ResetLink | undefined>
  /** Deletes those of an account. */
  abstract forgetLinks(accountId: string): Promise<void>
  /** One that is there already stays as it is. */
  abstract request(email: string, now: Date): Promise<void>
  /** One that is due, which no other instance gets before `waitMs` are over, and twice that with every further attempt. */
  abstract nextRequest(now: Date, waitMs: number): Promise<ResetRequest | undefined>
  abstract forgetRequest(email: string): Promise<void>
}

/** What makes a write one that happens once, however often its client sends it. */
export interface Once {
  readonly accountId: string
  /** The client's own, of its account. */
  readonly key: string
  /** A digest of all that is asked: under the same key, nothing else may be. */
  readonly request: string
}

/** What writes have answered under their clients' keys. */
export abstract class KeptAnswers {
  /**
   * Takes the key for this transaction: another one that wants it waits for the end of this one. Answers what was
   * answered under it, if it was taken before.
   * @throws MarketflowError `idempotency-key-reused` when that was asked something else
   */
  abstract take(once: Once): Promise<KeptAnswer | undefined>
  /** Keeps the answer under a key that this transaction has taken. */
  abstract keep(once: Once, answer: KeptAnswer): Promise<void>
  /** Forgets all of an account. */
  abstract forget(accountId: string): Promise<void>
}

export interface KeptAnswer {
  /** JSON. */
  readonly answer: string
  /** What the write invalidated. */
  readonly tags: readonly string[]
}
