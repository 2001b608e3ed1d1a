/**
 * A memory-hard password hash, computed off the event loop. The signal gives one up that still waits for its turn.
 * Both throw MarketflowError `overloaded` when too many wait.
 */
export abstract class PasswordHasher {
  /** A self-describing hash string with its own salt. */
  abstract hash(password: string, signal?: AbortSignal): Promise<string>
  /** Whether the password fits. With no hash it takes as long as with one, and is false. */
  abstract verify(password: string, hash: string | undefined, signal?: AbortSignal): Promise<boolean>
}
