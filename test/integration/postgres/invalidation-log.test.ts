import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Database } from '../../../src/adapters/postgres/database.ts'
import { ENGINES, OPEN_TIMEOUT_MS, type OpenedDatabase } from '../../support/postgres-engines.ts'

describe.each(ENGINES)('the invalidation log on $name', ({ open }) => {
  let opened: OpenedDatabase
  let database: Database

  beforeAll(async () => {
    opened = await open()
    database = opened.database
  }, OPEN_TIMEOUT_MS)
  afterAll(() => opened.close())

  const write = (...tags: string[]) => database.transactions.run((tx) => tx.logInvalidation(tags))
  const pendingIds = async () => (await database.invalidationLog.pending()).map(({ id }) => id)

  it('tells of committed work', async () => {
    const tags = ['market:1', 'a "quoted", {braced} \\ tag', 'ünï']
    const id = await write(...tags)
    expect(await database.invalidationLog.pending()).toContainEqual({ id, tags, applied: false })
  })

  it('knows nothing of work that was rolled back', async () => {
    let id = ''
    const failing = database.transactions.run(async (tx) => {
      id = await tx.logInvalidation(['x'])
      throw new Error('no')
    })
    await expect(failing).rejects.toThrow('no')
    expect(id).not.toBe('')
    expect((await database.invalidationLog.kept()).rows.map((row) => row.id)).not.toContain(id)
  })

  it('keeps rows that are marked, but no longer calls them pending', async () => {
    const [first, second] = [await write('1'), await write('2')]
    await database.invalidationLog.markApplied([first, second])
    await database.invalidationLog.markApplied([first])
    await database.invalidationLog.markApplied([])
    expect(await pendingIds()).not.toContain(first)
    const { rows } = await database.invalidationLog.kept()
    expect(rows).toContainEqual({ id: first, tags: ['1'], applied: true })
    expect(rows).toContainEqual({ id: second, tags: ['2'], applied: true })
  })

  it('tells what was not committed when it was last asked, marked meanwhile or not', async () => {
    const log = database.invalidationLog
    const before = await write('before')
    const { position, rows } = await log.kept()
    expect(rows.map(({ id }) => id)).toContain(before)
    const [pending, marked] = [await write('pending'), await write('marked')]
    await log.markApplied([before, marked])
    const next = await log.kept(position)
    expect(next.rows).toEqual([
      { id: pending, tags: ['pending'], applied: false },
      { id: marked, tags: ['marked'], applied: true },
    ])
    expect((await log.kept(position)).rows).toEqual(next.rows)
    expect((await log.kept(next.position)).rows).toEqual([])
    expect((await log.kept()).rows).toEqual([
      ...rows.map((row) => expect.objectContaining({ id: row.id })),
      ...next.rows,
    ])
  })

  it('counts sweeps in the same look', async () => {
    const log = database.invalidationLog
    await log.markApplied([await write('swept')])
    const { position, sweeps } = await log.kept()
    await new Promise((resolve) => setTimeout(resolve, 5))
    await log.sweep(1)
    expect(await log.kept(position)).toMatchObject({ rows: [], sweeps: String(Number(sweeps) + 1) })
  })

  it('sweeps what was marked long enough ago, never what is pending, and counts it', async () => {
    const log = database.invalidationLog
    const [marked, pending] = [await write('marked'), await write('pending')]
    await log.markApplied([marked])
    const before = await log.kept()
    expect(await log.sweep(3_600_000)).toBe(0)
    expect((await log.kept()).sweeps).toBe(before.sweeps)
    await new Promise((resolve) => setTimeout(resolve, 5))
    expect(await log.sweep(1)).toBeGreaterThan(0)
    const after = await log.kept()
    expect(after.sweeps).toBe(String(Number(before.sweeps) + 1))
    expect(after.rows.map(({ id }) => id)).not.toContain(marked)
    expect(after.rows.map(({ id }) => id)).toContain(pending)
  })
})
