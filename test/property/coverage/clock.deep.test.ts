import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { EMBEDDED, OPEN_TIMEOUT_MS } from '../../support/postgres-engines.ts'
import { NOW } from './commands.ts'
import { Hand } from './hand.ts'

/*
 * A view that read the clock while it is loaded would be stored under a key that does not say when: a load that straddles
 * midnight would be served as the new day's. PGlite's clock is this process's, and can be moved.
 */
describe('with the same parameters, and no write, every view is the same at any time', () => {
  let hand: Hand
  let close: () => Promise<void>
  beforeAll(async () => {
    ;({ hand, close } = await Hand.open(EMBEDDED))
    await hand.reset()
  }, OPEN_TIMEOUT_MS)
  afterEach(() => vi.useRealTimers())
  afterAll(() => close())

  const HOUR_MS = 3_600_000

  it.each([
    ['a quarter of an hour later', HOUR_MS / 4],
    ['after midnight in Chicago', 21 * HOUR_MS],
    ['two days later', 48 * HOUR_MS],
    ['half a year earlier', -4000 * HOUR_MS],
  ])('%s', { timeout: 120_000 }, async (_, moved) => {
    vi.useFakeTimers({ toFake: ['Date'], now: NOW })
    await hand.look()
    vi.setSystemTime(NOW + moved)
    const { changed } = await hand.judge()
    expect(changed).toEqual([])
    // The database's clock has moved along.
    const [clock] = await hand.sql('select extract(epoch from now())::bigint::text as seconds')
    expect(Math.abs(Number(clock!.seconds) * 1000 - NOW - moved)).toBeLessThan(HOUR_MS / 10)
  })

  it('and one that reads the clock of the database is not', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: NOW })
    await hand.sql('create view clock_view as select now()::text as now')
    const [before] = await hand.sql('select now from clock_view')
    vi.setSystemTime(NOW + HOUR_MS)
    expect(await hand.sql('select now from clock_view')).not.toEqual([before])
  })
})
