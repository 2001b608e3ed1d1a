/** Randomness and ids, injected so that tests are deterministic. */
export abstract class Random {
  /** A version 4 UUID. */
  abstract uuid(): string
  /** A token of 128 random bits, never made twice. */
  abstract token(): string
  /** A number in [0, 1). */
  abstract fraction(): number
}
