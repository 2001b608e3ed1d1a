import { randomBytes, randomUUID } from 'node:crypto'
import { Random } from '../../application/consistency/ports/random.ts'

const TOKEN_BYTES = 16
const TOKENS_PER_BLOCK = 256

/** The operating system's randomness; tokens are cut from blocks, since one system call for each would be felt. */
export class SystemRandom extends Random {
  #block = Buffer.alloc(0)
  #used = 0

  uuid(): string {
    return randomUUID()
  }

  token(): string {
    if (this.#used === this.#block.length) {
      this.#block = randomBytes(TOKEN_BYTES * TOKENS_PER_BLOCK)
      this.#used = 0
    }
    const start = this.#used
    this.#used += TOKEN_BYTES
    return this.#block.toString('base64url', start, this.#used)
  }

  fraction(): number {
    return Math.random()
  }
}
