import { argon2, randomBytes, timingSafeEqual } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { promisify } from 'node:util'
import { Unavailable } from '../../application/consistency/ports/unavailable.ts'
import { PasswordHasher, type Passwords } from '../../application/ports/password-hasher.ts'

const derive = promisify(argon2)

/** What OWASP's Password Storage Cheat Sheet asks of Argon2id at least: 19 MiB, two passes, one lane. */
const OWASP = { memoryKiB: 19_456, passes: 2, lanes: 1 }
const SALT_BYTES = 16
const HASH_BYTES = 32
const PHC = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([\w+/]+)\$([\w+/]+)$/

interface Cost {
  readonly memoryKiB: number
  readonly passes: number
  readonly lanes: number
}

/**
 * Argon2id by Node's own crypto, which computes it on the thread pool, a few at a time. Hashes are PHC strings. What is
 * hashed is the password's NFC (as RFC 8265 has it): keyboards differ in how they write an é.
 */
export class Argon2Hasher extends PasswordHasher {
  readonly #decoySalt = randomBytes(SALT_BYTES)
  readonly #queue: HashQueue

  constructor(queue = new HashQueue()) {
    super()
    this.#queue = queue
  }

  admit<T>(work: (passwords: Passwords) => Promise<T>, signal?: AbortSignal): Promise<T> {
    return this.#queue.admit(() =>
      work({
        hash: (password) => this.#hash(password, signal),
        verify: (password, hash) => this.#verify(password, hash, signal),
      }),
    )
  }

  async #hash(password: string, signal: AbortSignal | undefined): Promise<string> {
    const salt = randomBytes(SALT_BYTES)
    const work = () => compute(password.normalize(), salt, OWASP, HASH_BYTES)
    const hash = await this.#queue.run(work, signal)
    const { memoryKiB, passes, lanes } = OWASP
    return `$argon2id$v=19$m=${memoryKiB},t=${passes},p=${lanes}$${unpadded(salt)}$${unpadded(hash)}`
  }

  async #verify(
    password: string,
    hash: string | undefined,
    signal: AbortSignal | undefined,
  ): Promise<boolean> {
    // Releases that did not normalize may have hashed what was typed.
    for (const candidate of new Set([password.normalize(), password])) {
      if (await this.#queue.run(() => this.#fits(candidate, hash), signal)) return true
    }
    return false
  }

  async #fits(password: string, hash: string | undefined): Promise<boolean> {
    const parts = PHC.exec(hash ?? '')
    if (parts === null) {
      await compute(password, this.#decoySalt, OWASP, HASH_BYTES)
      return false
    }
    const [, memoryKiB, passes, lanes, salt, expected] = parts
    const wanted = Buffer.from(expected!, 'base64')
    const cost = { memoryKiB: Number(memoryKiB), passes: Number(passes), lanes: Number(lanes) }
    return timingSafeEqual(await compute(password, Buffer.from(salt!, 'base64'), cost, wanted.length), wanted)
  }
}

async function compute(password: string, nonce: Buffer, cost: Cost, tagLength: number): Promise<Buffer> {
  const { memoryKiB: memory, passes, lanes: parallelism } = cost
  return derive('argon2id', { message: password, nonce, parallelism, tagLength, memory, passes })
}

/** PHC strings leave base64's padding out. */
function unpadded(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '')
}

/** libuv's threads. What reads files and looks up names waits for them as well. */
const POOL_THREADS = 4
/** Each takes a core for some tens of milliseconds; one core, and one thread, are left to all else. */
const RUNNING = Math.max(1, Math.min(availableParallelism() - 1, POOL_THREADS - 1))
/** Behind so many, a login would take seconds; the client is told to come back instead. */
const WAITING = 32

/**
 * Bounds the password hashes that run, and what is admitted to them. The next to run is the one that has waited longest.
 */
export class HashQueue {
  readonly #most: number
  readonly #mostWaiting: number
  readonly #waiting = new Set<() => void>()
  #admitted = 0
  #running = 0

  constructor(most = RUNNING, mostWaiting = WAITING) {
    this.#most = most
    this.#mostWaiting = mostWaiting
  }

  /**
   * Whatever runs hashes asks for this first: a login that is to be turned away must not have looked up its account.
   * @throws Unavailable `overloaded` when as many are admitted as may run and wait
   */
  async admit<T>(work: () => Promise<T>): Promise<T> {
    if (this.#admitted >= this.#most + this.#mostWaiting)
      throw new Unavailable('overloaded', { message: 'Too many passwords are being checked' })
    this.#admitted += 1
    try {
      return await work()
    } finally {
      this.#admitted -= 1
    }
  }

  /**
   * Of what is admitted.
   * @param signal takes the work out of the queue, when its client has gone; work that has begun is not ended
   * @throws the signal's reason
   */
  async run<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    await this.#turn(signal)
    try {
      return await work()
    } finally {
      this.#next()
    }
  }

  #turn(signal: AbortSignal | undefined): Promise<void> | undefined {
    signal?.throwIfAborted()
    if (this.#running < this.#most) {
      this.#running += 1
      return undefined
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const leave = () => {
      this.#waiting.delete(start)
      reject(signal?.reason)
    }
    const start = () => {
      signal?.removeEventListener('abort', leave)
      resolve()
    }
    this.#waiting.add(start)
    signal?.addEventListener('abort', leave, { once: true })
    return promise
  }

  /** Hands the place of what has ended to the next. */
  #next(): void {
    const [start] = this.#waiting
    if (start === undefined) {
      this.#running -= 1
      return
    }
    this.#waiting.delete(start)
    start()
  }
}
