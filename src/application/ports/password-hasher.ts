/** A memory-hard password hash, computed off the event loop. */
export abstract class PasswordHasher {
  /** A self-describing hash string with its own salt. */
  abstract hash(password: string): Promise<string>
  /** Whether the password fits. With no hash it takes as long as with one, and is false. */
  abstract verify(password: string, hash: string | undefined): Promise<boolean>
}
