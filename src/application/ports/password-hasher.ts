/** Memory-hard password hashes, computed off the event loop, a few at a time. */
export abstract class PasswordHasher {
  /**
   * Admits what needs hashes, before it has cost anything else, or turns it away. The signal gives up what still waits
   * for its turn.
   * @throws MarketflowError `overloaded` when too many are admitted; the signal's reason; whatever `work` throws
   */
  abstract admit<T>(work: (passwords: Passwords) => Promise<T>, signal?: AbortSignal): Promise<T>
}

/** What may be done with passwords once admitted. */
export interface Passwords {
  /** A self-describing hash string with its own salt. */
  hash(password: string): Promise<string>
  /** Whether the password fits. With no hash it takes as long as with one, and is false. */
  verify(password: string, hash: string | undefined): Promise<boolean>
}
