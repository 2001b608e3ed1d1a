import { RateLimiterRes } from 'rate-limiter-flexible'
import { normalizeEmail } from '../../domain/account.ts'
import { MarketflowError } from '../../domain/errors.ts'
import { networkOf } from './client-network.ts'
import { inMemory, type Limiter, type Limiters } from './limiters.ts'

const MINUTE_S = 60

/** Limits on what costs us or harms others. Reads are not limited. */
export class RateLimits {
  /** By account and address, so that no stranger can lock an owner out from afar. */
  readonly #guesses: Limiter
  readonly #guessesByNetwork: Limiter
  readonly #registrations: Limiter
  readonly #writes: Limiter

  /** `limiters`: where it is counted. Default: in this process. */
  constructor(limiters: Limiters = inMemory) {
    this.#guesses = limiters('guesses', { points: 10, duration: 15 * MINUTE_S })
    this.#guessesByNetwork = limiters('guesses-by-network', { points: 50, duration: 15 * MINUTE_S })
    this.#registrations = limiters('registrations', { points: 20, duration: 60 * MINUTE_S })
    this.#writes = limiters('writes', { points: 300, duration: MINUTE_S })
  }

  /**
   * Runs a login and counts it if it fails. It is counted first and given back afterwards: guesses sent at once would
   * otherwise all pass before the first is found wrong.
   * @throws MarketflowError `rate-limited`, and whatever `attempt` throws
   */
  async guardLogin<T>(email: string, address: string, attempt: () => Promise<T>): Promise<T> {
    const network = networkOf(address)
    const account = `${network} ${normalizeEmail(email)}`
    // The network first: made-up addresses would otherwise be remembered without bound.
    await consume(this.#guessesByNetwork, network)
    try {
      await consume(this.#guesses, account)
    } catch (refusal) {
      // That was no guess: a client that keeps asking must not lock its neighbours out.
      await this.#guessesByNetwork.reward(network)
      throw refusal
    }
    try {
      const result = await attempt()
      await this.#guesses.delete(account)
      await this.#guessesByNetwork.reward(network)
      return result
    } catch (error) {
      if (!isWrongGuess(error)) {
        await this.#guesses.reward(account)
        await this.#guessesByNetwork.reward(network)
      }
      throw error
    }
  }

  /** @throws MarketflowError `rate-limited` */
  countRegistration(address: string): Promise<void> {
    return consume(this.#registrations, networkOf(address))
  }

  /** @throws MarketflowError `rate-limited` */
  countWrite(accountId: string): Promise<void> {
    return consume(this.#writes, accountId)
  }
}

/** A wrong login is `unauthenticated`; who is signed in and names a wrong password is `forbidden`. */
function isWrongGuess(error: unknown): boolean {
  return error instanceof MarketflowError && (error.code === 'unauthenticated' || error.code === 'forbidden')
}

async function consume(limiter: Limiter, key: string): Promise<void> {
  try {
    await limiter.consume(key)
  } catch (refusal) {
    if (!(refusal instanceof RateLimiterRes)) throw refusal
    const retryAfterS = Math.max(1, Math.ceil(refusal.msBeforeNext / 1000))
    throw new MarketflowError('rate-limited', undefined, { retryAfterS })
  }
}
