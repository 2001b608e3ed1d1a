import { hash } from 'node:crypto'
import { Clock } from '../../../src/application/consistency/ports/clock.ts'
import { Random } from '../../../src/application/consistency/ports/random.ts'
import { type Mail, Mailer } from '../../../src/application/ports/mailer.ts'
import { PasswordHasher, type Passwords } from '../../../src/application/ports/password-hasher.ts'
import { type IssuedToken, TokenIssuer } from '../../../src/application/ports/token-issuer.ts'
import { MarketflowError } from '../../../src/domain/errors.ts'

/** A clock that stands still unless it is moved: what it stamps must not depend on how fast the machine is. */
export class ManualClock extends Clock {
  #now = Date.parse('2026-05-01T08:00:00.000Z')

  advance(ms: number): void {
    this.#now += ms
  }

  now(): number {
    return this.#now
  }

  monotonic(): number {
    return this.#now
  }

  async sleep(): Promise<void> {}
}

/**
 * Ids that are new in every world, though all share one database, and yet sort among themselves in the same order
 * whenever the world is replayed: views break ties by id.
 */
export class WorldIds extends Random {
  /** The ids made since it was last emptied. */
  readonly made: string[] = []
  readonly #world: number
  #count = 0

  constructor(world: number) {
    super()
    this.#world = world
  }

  uuid(): string {
    this.#count += 1
    const digits = hash('sha1', String(this.#count))
    const first = this.#world.toString(16).padStart(8, '0')
    const id = `${first}-${digits.slice(0, 4)}-4${digits.slice(4, 7)}-8${digits.slice(7, 10)}-${digits.slice(10, 22)}`
    this.made.push(id)
    return id
  }

  token(): string {
    return this.uuid()
  }

  fraction(): number {
    return 0.5
  }
}

export class NoHashing extends PasswordHasher {
  admit<T>(work: (passwords: Passwords) => Promise<T>): Promise<T> {
    return work({ hash: async () => 'hash', verify: async (_password, hash) => hash !== undefined })
  }
}

export class NoTokens extends TokenIssuer {
  async issue(): Promise<IssuedToken> {
    return { token: 'token', expiresAt: new Date(0) }
  }

  async verify(): Promise<never> {
    throw new MarketflowError('unauthenticated')
  }
}

/** Keeps what it is given. */
export class KeptMails extends Mailer {
  readonly works = true
  readonly mails: Mail[] = []

  async send(mail: Mail): Promise<void> {
    this.mails.push(mail)
  }
}
