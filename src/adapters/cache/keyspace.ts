/** What Marketflow's keys are called in Redis: readable, under one prefix, entries and stamps never meeting. */
export class Keyspace {
  readonly #entryPrefix: string
  readonly #stampPrefix: string

  /**
   * `release`: letters and digits that tell what entries look like. Those of other releases are not seen; stamps are
   * everybody's, since a write of one release must end the entries of all.
   */
  constructor(prefix: string, release = '') {
    this.#entryPrefix = release === '' ? prefix : `${prefix}${release}:`
    this.#stampPrefix = `${prefix}${STAMP}`
  }

  /** `market:{id}:detail` stays as it is. A key that would look like a stamp, or like an escaped key, is escaped. */
  entry(key: string): string {
    const looksTaken = key.startsWith(STAMP) || key.startsWith(ENTRY)
    return looksTaken ? `${this.#entryPrefix}${ENTRY}${key}` : this.#entryPrefix + key
  }

  /** The name of a key that is never there: no tag is empty. */
  get absent(): string {
    return this.#stampPrefix
  }

  stamp(tag: string): string {
    return this.#stampPrefix + tag
  }
}

const STAMP = 'stamp:'
const ENTRY = 'entry:'
