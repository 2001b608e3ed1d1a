import type { ClientBase } from 'pg'
import { expect, it } from 'vitest'
import { SamePrimary } from '../../../src/adapters/postgres/same-primary.ts'

/** A connection that leads to a primary of this identity. */
function leadingTo(identity: string): ClientBase {
  const answers = (text: string) =>
    text.split('; ').map((statement) => ({
      rows: statement.includes('pg_is_in_recovery') ? [{ standby: false }] : [{ identity }],
    }))
  return { query: async (text: string) => answers(text) } as unknown as ClientBase
}

it('a connection that was asked before the database was known is asked again, and ends the instance if it leads to another', async () => {
  const primary = new SamePrimary()
  const [here, elsewhere] = [leadingTo('one'), leadingTo('other')]
  for (const client of [here, elsewhere]) {
    await primary.ask(client, {})
    expect(primary.has(client)).toBe(true)
  }
  primary.expect('one')
  for (const client of [here, elsewhere]) expect(primary.has(client)).toBe(false)
  await primary.ask(here, {})
  await expect(primary.ask(elsewhere, {})).rejects.toMatchObject({ reason: 'replaced' })
  expect([primary.has(here), primary.has(elsewhere)]).toEqual([true, false])
  expect(await primary.replaced).toMatchObject({ name: 'ConnectionLost', reason: 'replaced' })
})
