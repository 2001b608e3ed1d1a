import { Client } from 'pg'
import { adminUrl } from '../../test/support/postgres.ts'

/** Copies of a database without a connection: instances with different kinds of cache refuse to share one. */
export class DatabaseCopies {
  readonly #original: string
  readonly #copies: string[] = []

  constructor(original: string) {
    this.#original = original
  }

  /** Returns the copy's address. */
  async copy(): Promise<string> {
    const name = `${nameOf(this.#original)}_${this.#copies.length}`
    this.#copies.push(name)
    await administer(`create database ${name} template ${nameOf(this.#original)}`)
    const url = new URL(this.#original)
    url.pathname = `/${name}`
    return url.href
  }

  async drop(): Promise<void> {
    for (const name of this.#copies) await administer(`drop database if exists ${name} with (force)`)
  }
}

function nameOf(url: string): string {
  return new URL(url).pathname.slice(1)
}

async function administer(sql: string): Promise<void> {
  const client = new Client({ connectionString: adminUrl() })
  await client.connect()
  try {
    await client.query(sql)
  } finally {
    await client.end()
  }
}
