import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Connections } from '../../../src/adapters/postgres/connections.ts'
import type { Database } from '../../../src/adapters/postgres/database.ts'
import type {
  LogCursor,
  LogPiece,
  LogPosition,
} from '../../../src/application/consistency/ports/invalidation-log.ts'
import { ENGINES, OPEN_TIMEOUT_MS, type OpenedDatabase } from '../../support/postgres-engines.ts'

describe.each(ENGINES)('the invalidation log on $name', ({ open }) => {
  let opened: OpenedDatabase
  let database: Database
  let connections: Connections

  beforeAll(async () => {
    opened = await open({
      instrument: (all) => {
        connections = all
        return all
      },
    })
    database = opened.database
  }, OPEN_TIMEOUT_MS)
  afterAll(() => opened.close())

  /** The id of the row. */
  const write = async (...tags: string[]) => idOf(await logged(...tags))
  const logged = (...tags: string[]) => database.transactions.run((tx) => tx.logInvalidation(tags))
  const idOf = async (transaction: string) => {
    const sql = 'select id::text from cache_invalidation where xid = $1::xid8'
    const { rows } = await connections.run((connection) => connection.query(sql, [transaction]))
    expect(rows).toHaveLength(1)
    return String(rows[0]!.id)
  }
  const log = () => database.invalidationLog
  const pendingIds = async () => (await log().pending()).pending

  it('tells of committed work, each tag once', async () => {
    const tags = ['a "quoted", {braced} \\ tag', 'market:1', 'ünï']
    const ids = [await write(...tags), await write(...tags)]
    const piece = await log().pending()
    expect(piece.tags.toSorted()).toEqual(tags)
    expect(piece.pending).toEqual(ids)
    expect(piece.next).toBeUndefined()
  })

  it('knows nothing of work that was rolled back', async () => {
    const failing = database.transactions.run(async (tx) => {
      await tx.logInvalidation(['rolled back'])
      throw new Error('no')
    })
    await expect(failing).rejects.toThrow('no')
    expect((await log().kept()).tags).not.toContain('rolled back')
  })

  it('keeps rows that are marked, but no longer calls them pending', async () => {
    const [first, second] = [await write('1'), await write('2')]
    await log().markApplied([first, second])
    await log().markApplied([first])
    await log().markApplied([])
    expect(await pendingIds()).not.toContain(first)
    const { tags, pending } = await log().kept()
    expect(tags).toEqual(expect.arrayContaining(['1', '2']))
    expect(pending).not.toContain(first)
  })

  it('tells what was not committed when it was last asked, marked meanwhile or not', async () => {
    const before = await write('before')
    const { position, pending } = await log().kept()
    expect(pending).toContain(before)
    const [first, marked] = [await write('pending'), await write('marked')]
    await log().markApplied([before, marked])
    const next = await log().kept(position)
    expect(next.tags.toSorted()).toEqual(['marked', 'pending'])
    expect(next.pending).toEqual([first])
    expect(await log().pending(position)).toMatchObject({ tags: ['pending'], pending: [first] })
    expect((await log().kept(position)).tags).toEqual(next.tags)
    expect((await log().kept(next.position)).tags).toEqual([])
    expect((await log().kept()).tags).toEqual(expect.arrayContaining(['before', 'pending', 'marked']))
  })

  it('tells which of some transactions have pending rows, how many rows are pending in all, and since when', async () => {
    const [pending, marked] = [await logged('left'), await logged('done')]
    await log().markApplied([await idOf(marked)])
    await new Promise((resolve) => setTimeout(resolve, 5))
    const backlog = await log().backlog([pending, marked])
    expect(backlog.awaited).toEqual(new Set([pending]))
    expect(backlog.rows).toBe((await pendingIds()).length)
    expect(backlog.oldestMs).toBeGreaterThanOrEqual(5)
    await log().markApplied(await pendingIds())
    expect(await log().backlog([])).toEqual({ awaited: new Set(), rows: 0, oldestMs: 0, holders: [] })
  })

  it('sweeps what was marked long enough ago, never what is pending', async () => {
    const [marked, pending] = [await write('marked long ago'), await write('still pending')]
    await log().markApplied([marked])
    expect(await log().sweep(3_600_000)).toBe(0)
    await new Promise((resolve) => setTimeout(resolve, 5))
    expect(await log().sweep(1)).toBeGreaterThan(0)
    const { tags } = await log().kept()
    expect(tags).not.toContain('marked long ago')
    expect(tags).toContain('still pending')
    await log().markApplied([pending])
  })

  describe('when it is long', () => {
    /** More rows than three of the largest pieces have, of one transaction; every tenth has a tag of its own. */
    const ROWS = 13_000

    async function walk(kind: 'pending' | 'kept', since?: LogPosition) {
      const pieces: LogPiece[] = []
      let after: LogCursor | undefined
      do {
        const piece = await log()[kind](since, after)
        pieces.push(piece)
        after = piece.next
      } while (after !== undefined)
      return pieces
    }

    let position: LogPosition
    beforeAll(async () => {
      position = (await log().kept()).position
      for (let i = 0; i < 3; i++) await write(`first ${i}`)
      await connections.run((connection) =>
        connection.query(
          `insert into cache_invalidation (tags)
            select array['common', 'own ' || n / 10] from generate_series(1, ${ROWS}) n`,
        ),
      )
    })

    it.each(['pending', 'kept'] as const)(
      'a walk over %s rows comes by each of them once, in pieces',
      async (kind) => {
        for (const since of [undefined, position]) {
          const pieces = await walk(kind, since)
          const ids = pieces.flatMap(({ pending }) => pending)
          expect(pieces.length).toBeGreaterThan(2)
          expect(ids).toHaveLength(ROWS + 3)
          expect(new Set(ids).size).toBe(ROWS + 3)
          const most = kind === 'pending' ? 1000 : 4000
          expect(Math.max(...pieces.map(({ pending }) => pending.length))).toBeLessThanOrEqual(most)
          for (const { tags } of pieces) expect(new Set(tags).size).toBe(tags.length)
        }
      },
    )

    it('a row with more tags than a piece may have is a piece by itself', async () => {
      const { position: before } = await log().kept()
      const tags = Array.from({ length: 60_000 }, (_, i) => `large:${i}:${(i * 2654435761) % 4294967296}`)
      await write('small')
      await write(...tags)
      await write('small, too')
      const pieces = await walk('pending', before)
      expect(pieces.map((piece) => piece.tags.length)).toEqual([1, 60_000, 1])
    })

    it('is marked and swept in pieces', async () => {
      for (const { pending } of await walk('pending')) await log().markApplied(pending)
      expect(await pendingIds()).toEqual([])
      await new Promise((resolve) => setTimeout(resolve, 5))
      expect(await log().sweep(1)).toBeGreaterThanOrEqual(ROWS + 3)
      expect((await log().kept()).tags).toEqual([])
    })
  })
})
