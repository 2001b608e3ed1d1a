import { RateLimiterRes } from 'rate-limiter-flexible'
import { normalizeEmail } from '../../../domain/account.ts'
import { networksOf } from './client-network.ts'
import { inMemory, type Limiter, type Limiters } from './limiters.ts'
import { asHttpError, HttpError } from './problem.ts'

const MINUTE_S = 60
const HOUR_S = 60 * MINUTE_S

const QUARTER_S = 15 * MINUTE_S
const DAY_S = 24 * HOUR_S

/** Limits on what costs us or harms others. Reads are not limited. */
export class RateLimits {
  readonly #logins: Allowance
  readonly #loginsByWideNetwork: Allowance
  readonly #guesses: Allowance
  readonly #guessesByNetwork: Allowance
  readonly #guessesByWideNetwork: Allowance
  readonly #guessesByAccount: Allowance
  readonly #known: Limiter
  readonly #registrations: Allowance
  readonly #registrationsByWideNetwork: Allowance
  readonly #resetMails: Allowance
  readonly #resetMailsByNetwork: Allowance
  readonly #resetMailsByWideNetwork: Allowance
  readonly #resetMailsByAccount: Allowance
  readonly #resets: Allowance
  readonly #resetsByWideNetwork: Allowance
  readonly #writes: Allowance
  readonly #endedSessions: Limiter

  /** `limiters`: where it is counted. Default: in this process. */
  constructor(limiters: Limiters = inMemory) {
    const allow = (name: string, points: number, duration: number): Allowance => ({
      limiter: limiters(name, { points, duration }),
      name,
      points,
      duration,
    })
    // Whatever comes of them: a right password takes as much to check as a wrong one.
    this.#logins = allow('logins', 150, 5 * MINUTE_S)
    this.#loginsByWideNetwork = allow('logins-by-wide-network', 600, 5 * MINUTE_S)
    this.#guesses = allow('guesses', 10, QUARTER_S)
    this.#guessesByNetwork = allow('guesses-by-network', 50, QUARTER_S)
    this.#guessesByWideNetwork = allow('guesses-by-wide-network', 200, QUARTER_S)
    this.#guessesByAccount = allow('guesses-by-account', 100, QUARTER_S)
    this.#known = limiters('known-networks', { points: 1, duration: 14 * DAY_S })
    this.#registrations = allow('registrations', 20, 60 * MINUTE_S)
    this.#registrationsByWideNetwork = allow('registrations-by-wide-network', 100, 60 * MINUTE_S)
    this.#resetMails = allow('reset-mails', 3, HOUR_S)
    this.#resetMailsByNetwork = allow('reset-mails-by-network', 20, HOUR_S)
    this.#resetMailsByWideNetwork = allow('reset-mails-by-wide-network', 100, HOUR_S)
    this.#resetMailsByAccount = allow('reset-mails-by-account', 10, HOUR_S)
    this.#resets = allow('resets', 30, QUARTER_S)
    this.#resetsByWideNetwork = allow('resets-by-wide-network', 120, QUARTER_S)
    this.#writes = allow('writes', 300, MINUTE_S)
    this.#endedSessions = limiters('ended-sessions', { points: 1, duration: DAY_S })
  }

  /**
   * Runs a login and counts it if it fails. It is counted first and given back afterwards: guesses sent at once would
   * otherwise all pass before the first is found wrong.
   *
   * Guesses at one account are bounded over all networks together. Strangers can use that up, so it does not hold for
   * a network from which the account has lately been signed in to: its owner gets in from there.
   * @throws HttpError `rate-limited`, and whatever `attempt` throws
   */
  async guardLogin<T>(email: string, address: string, attempt: () => Promise<T>): Promise<T> {
    const { narrow, wide } = networksOf(address)
    const account = normalizeEmail(email)
    const here = `${narrow} ${account}`
    const known = (await this.#known.get(here)) !== null
    // The networks first: made-up addresses would otherwise be remembered without bound.
    const guess: Count[] = [
      [this.#guessesByWideNetwork, wide],
      [this.#guessesByNetwork, narrow],
      [this.#guesses, here],
      ...(known ? [] : [[this.#guessesByAccount, account] as const]),
    ]
    const giveBack = await consumeAll(guess)
    try {
      await consumeAll([
        [this.#loginsByWideNetwork, wide],
        [this.#logins, narrow],
      ])
      const result = await attempt()
      await giveBack()
      await this.#guesses.limiter.delete(here)
      await remember(this.#known, here)
      return result
    } catch (error) {
      if (!isWrongGuess(error)) await giveBack()
      throw error
    }
  }

  /** @throws HttpError `rate-limited` */
  async countRegistration(address: string): Promise<void> {
    const { narrow, wide } = networksOf(address)
    await consumeAll([
      [this.#registrationsByWideNetwork, wide],
      [this.#registrations, narrow],
    ])
  }

  /**
   * Counts mails that are asked for, for whatever address. As with guesses, strangers can use up what an account has over
   * all networks, but not where its owner has been.
   * @throws HttpError `rate-limited`
   */
  async countResetMail(email: string, address: string): Promise<void> {
    const { narrow, wide } = networksOf(address)
    const account = normalizeEmail(email)
    const here = `${narrow} ${account}`
    const known = (await this.#known.get(here)) !== null
    await consumeAll([
      [this.#resetMailsByWideNetwork, wide],
      [this.#resetMailsByNetwork, narrow],
      [this.#resetMails, here],
      ...(known ? [] : [[this.#resetMailsByAccount, account] as const]),
    ])
  }

  /** Counts uses of links, each of which costs a look, and those of good ones a hash. @throws HttpError `rate-limited` */
  async countReset(address: string): Promise<void> {
    const { narrow, wide } = networksOf(address)
    await consumeAll([
      [this.#resetsByWideNetwork, wide],
      [this.#resets, narrow],
    ])
  }

  /**
   * Resolves with the header fields that tell what is left.
   * @throws HttpError `rate-limited`
   */
  countWrite(accountId: string): Promise<Readonly<Record<string, string>>> {
    return consume(this.#writes, accountId)
  }

  /** An operator signed out. Kept where the counts are, since all instances look there. */
  endSession(id: string): Promise<void> {
    return remember(this.#endedSessions, id)
  }

  async sessionEnded(id: string): Promise<boolean> {
    return (await this.#endedSessions.get(id)) !== null
  }
}

/** How much of something is allowed: so many points in so many seconds. */
interface Allowance {
  readonly limiter: Limiter
  readonly name: string
  readonly points: number
  readonly duration: number
}

type Count = readonly [allowance: Allowance, key: string]

/**
 * Counts in each, or in none: a client that keeps asking and is refused must not use up what its neighbours have left.
 * Resolves with what takes it all back.
 * @throws HttpError `rate-limited`
 */
async function consumeAll(counts: readonly Count[]): Promise<() => Promise<void>> {
  const counted: Count[] = []
  const giveBack = async () => {
    await Promise.all(counted.map(([{ limiter }, key]) => limiter.reward(key)))
  }
  try {
    for (const count of counts) {
      // Before it is known: what is refused has been counted as well.
      counted.push(count)
      await consume(...count)
    }
  } catch (refusal) {
    await giveBack()
    throw refusal
  }
  return giveBack
}

/** Being counted is all that matters, and more than once is no news. */
async function remember(limiter: Limiter, key: string): Promise<void> {
  await limiter.consume(key).catch((refusal: unknown) => {
    if (!(refusal instanceof RateLimiterRes)) throw refusal
  })
}

/** A wrong login is `unauthenticated`; who is signed in and names a wrong password is `forbidden`. */
function isWrongGuess(error: unknown): boolean {
  return ['unauthenticated', 'forbidden'].includes(asHttpError(error).code)
}

async function consume(allowance: Allowance, key: string): Promise<Readonly<Record<string, string>>> {
  try {
    return fieldsOf(allowance, await allowance.limiter.consume(key))
  } catch (refusal) {
    if (!(refusal instanceof RateLimiterRes)) throw refusal
    const headers = fieldsOf(allowance, refusal)
    throw new HttpError('rate-limited', undefined, { retryAfterS: secondsLeft(refusal), headers })
  }
}

function secondsLeft({ msBeforeNext }: RateLimiterRes): number {
  return Math.max(1, Math.ceil(msBeforeNext / 1000))
}

/** As draft-ietf-httpapi-ratelimit-headers has them. */
function fieldsOf({ name, points, duration }: Allowance, state: RateLimiterRes): Record<string, string> {
  return {
    'RateLimit-Policy': `"${name}";q=${points};w=${duration}`,
    RateLimit: `"${name}";r=${Math.max(0, state.remainingPoints)};t=${secondsLeft(state)}`,
  }
}
