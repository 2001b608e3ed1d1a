import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MarketflowError } from '../../../src/domain/errors.ts'
import {
  MARKET_STATUSES,
  Market,
  type MarketChanges,
  type MarketProps,
  type MarketStatus,
  NOWHERE,
} from '../../../src/domain/market.ts'
import { codeOf } from './code-of.ts'

const CREATED = new Date('2026-05-01T08:00:00Z')

/** The lifecycle, said once more, and differently: every pair of statuses that an edit may name. */
const ALLOWED = new Set([
  'draft→draft',
  'draft→active',
  'active→active',
  'active→closed',
  'closed→closed',
  'closed→active',
])

type Move =
  | { readonly type: 'edit'; readonly changes: MarketChanges }
  | { readonly type: 'take stall' }
  | { readonly type: 'free stall' }

const stalls = fc.nat({ max: 4 })

const move: fc.Arbitrary<Move> = fc.oneof(
  fc.record({
    type: fc.constant('edit' as const),
    changes: fc.record(
      {
        name: fc.string(),
        city: fc.string(),
        description: fc.string(),
        stallCount: stalls,
        status: fc.constantFrom(...MARKET_STATUSES),
      },
      { requiredKeys: [] },
    ),
  }),
  fc.constant({ type: 'take stall' } as const),
  fc.constant({ type: 'free stall' } as const),
)

describe('a market', () => {
  it('follows its lifecycle and never has more vendors than stalls, whatever is tried', () => {
    fc.assert(
      fc.property(stalls, fc.array(move, { maxLength: 30 }), (stallCount, moves) => {
        const market = marketWith({ stallCount })
        const model = { status: 'draft' as MarketStatus, stallCount, vendorCount: 0 }
        moves.forEach((next, i) => {
          const before = { ...market }
          const now = new Date(CREATED.getTime() + i + 1)
          const refusal = expectedRefusal(model, next)
          // The caller frees only a stall that an accepted vendor had.
          if (next.type === 'free stall' && model.vendorCount === 0) return
          expect(codeOf(() => apply(market, next, now))).toBe(refusal)
          if (refusal !== undefined) expect({ ...market }).toEqual(before)
          else expect({ ...market }).toEqual({ ...before, ...effect(model, next, now) })
          expect(market.vendorCount).toBeLessThanOrEqual(market.stallCount)
        })
      }),
    )
  })

  it('takes applications only while it is active', () => {
    const market = marketWith({ stallCount: 1 })
    expect(codeOf(() => market.assertTakesApplications())).toBe('market-not-active')
    market.edit({ status: 'active' }, CREATED)
    expect(codeOf(() => market.assertTakesApplications())).toBeUndefined()
    market.edit({ status: 'closed' }, CREATED)
    expect(codeOf(() => market.assertTakesApplications())).toBe('market-not-active')
  })

  it('that a directory lists takes applications once it has an organizer, which it gets once', () => {
    const market = marketWith({ stallCount: 0, unclaimed: true })
    market.edit({ status: 'active' }, CREATED)
    expect(codeOf(() => market.assertTakesApplications())).toBe('market-unclaimed')
    market.handOver('another', CREATED)
    expect(codeOf(() => market.assertTakesApplications())).toBeUndefined()
    expect(market.organizerId).toBe('another')
    expect(codeOf(() => market.handOver('a third', CREATED))).toBe('market-claimed')
    expect(market.organizerId).toBe('another')
  })

  it('can be deleted only while it is a draft', () => {
    const market = marketWith({ stallCount: 1 })
    expect(codeOf(() => market.assertDraft())).toBeUndefined()
    market.edit({ status: 'active' }, CREATED)
    expect(codeOf(() => market.assertDraft())).toBe('not-a-draft')
  })

  it('has a whole point on the map or none, and half of one changes nothing', () => {
    const market = marketWith({ stallCount: 1 })
    for (const half of [{ latitude: 38.7 }, { longitude: -9.1 }, { latitude: 38.7, longitude: null }]) {
      expect(codeOf(() => market.edit({ name: 'Moved', ...half }, CREATED))).toBe('validation-failed')
      expect(codeOf(() => marketWith({ stallCount: 1, ...half }))).toBe('validation-failed')
    }
    expect(market).toMatchObject({ name: 'Riverside', latitude: null, longitude: null })
    market.edit({ latitude: 38.7, longitude: -9.1 }, CREATED)
    expect(codeOf(() => market.edit({ longitude: null }, CREATED))).toBe('validation-failed')
    market.edit({ latitude: 38.8 }, CREATED)
    expect(market).toMatchObject({ latitude: 38.8, longitude: -9.1 })
    market.edit({ latitude: null, longitude: null }, CREATED)
    expect(market).toMatchObject({ latitude: null, longitude: null })
  })

  it('says which field of an edit it refuses, and what it expected there', () => {
    const market = marketWith({ stallCount: 1 })
    market.takeStall()
    expect(refused(() => market.edit({ status: 'closed' }, CREATED))).toEqual([
      'status: expected draft or active',
    ])
    expect(refused(() => market.edit({ stallCount: 0 }, CREATED))).toEqual([
      'stall_count: expected at least 1',
    ])
    expect(refused(() => market.edit({ latitude: 38.7 }, CREATED))).toEqual([
      'longitude: expected with latitude, or both null',
    ])
    expect(refused(() => market.edit({ longitude: -9.1 }, CREATED))).toEqual([
      'latitude: expected with longitude, or both null',
    ])
  })

  it('has seasons only in a time zone, which it cannot lose while it has them', () => {
    const later = new Date(CREATED.getTime() + 1)
    const weekly = [{ weekday: 'saturday', opens: '08:00', closes: '13:00' }] as const
    const seasons = [{ name: '', from: '2026-05-02', to: '2026-05-09', weekly }]
    const market = marketWith({ stallCount: 1 })
    const before = { ...market }
    expect(codeOf(() => market.schedule(seasons, later))).toBe('time-zone-missing')
    expect({ ...market }).toEqual(before)
    market.edit({ timeZone: 'Europe/Lisbon' }, CREATED)
    expect(market.schedule(seasons, later).map(({ date }) => date)).toEqual(['2026-05-02', '2026-05-09'])
    expect(market).toMatchObject({ seasons, updatedAt: later })
    expect(refused(() => market.edit({ name: 'Moved', timeZone: '' }, CREATED))).toEqual([
      'time_zone: expected a time zone, since the market has seasons',
    ])
    expect(market).toMatchObject({ name: 'Riverside', timeZone: 'Europe/Lisbon' })
    market.schedule([], later)
    expect(codeOf(() => market.edit({ timeZone: '' }, CREATED))).toBeUndefined()
  })

  it('that its directory lists again is open again, under what the directory says now', () => {
    const later = new Date(CREATED.getTime() + 1)
    const listing = { listedBy: 'a directory', updatedOn: null, hours: [], products: [], payment: [] }
    const market = marketWith({ stallCount: 0, unclaimed: true })
    market.edit({ status: 'active' }, CREATED)
    market.edit({ status: 'closed' }, CREATED)
    const told = { ...NOWHERE, city: 'Porto', name: 'Bolhão', description: 'In the hall' }
    market.relist({ ...told, listing }, later)
    expect(market).toMatchObject({ ...told, listing, status: 'active', unclaimed: true, updatedAt: later })
  })

  it('whose organizer has left is the former organizer’s, and otherwise as it was', () => {
    const later = new Date(CREATED.getTime() + 1)
    const market = marketWith({ stallCount: 1 })
    const before = { ...market }
    market.passTo('former', later)
    expect({ ...market }).toEqual({ ...before, organizerId: 'former', updatedAt: later })
  })

  it('of which nothing but name, city and stalls is told has all else empty, and is a draft of its organizer', () => {
    const { description: _, ...told } = { ...PROPS, stallCount: 1 }
    const decided = { ...told, status: 'draft', updatedAt: CREATED }
    const market = new Market(told)
    expect(market).toMatchObject(decided)
    for (const [field, value] of Object.entries(market))
      if (!(field in decided)) expect(['', null, 0, false, []], field).toContainEqual(value)
  })

  it('keeps by which directory it was listed, and what that says', () => {
    const listing = { listedBy: 'a directory', updatedOn: null, hours: [], products: [], payment: [] }
    const told = {
      directorySource: 'usda',
      directoryId: '1018261',
      listing,
      unclaimed: true,
      description: 'Old',
    }
    expect(marketWith({ stallCount: 0, ...told })).toMatchObject(told)
  })

  it('belongs to no directory unless it came from one', () => {
    expect(marketWith({ stallCount: 1 }).directoryId).toBeNull()
    expect(marketWith({ stallCount: 1, directoryId: '1018261' }).directoryId).toBe('1018261')
  })
})

/** The fields that are wrong, with what was expected. */
function refused(act: () => void): string[] | undefined {
  try {
    act()
  } catch (error) {
    if (error instanceof MarketflowError)
      return error.errors.map(({ path, message }) => `${path}: ${message}`)
    throw error
  }
  return undefined
}

type Model = { status: MarketStatus; stallCount: number; vendorCount: number }

function expectedRefusal(model: Model, next: Move): string | undefined {
  if (next.type === 'take stall') return model.vendorCount === model.stallCount ? 'market-full' : undefined
  if (next.type === 'free stall') return undefined
  const { status = model.status, stallCount = model.stallCount } = next.changes
  if (!ALLOWED.has(`${model.status}→${status}`)) return 'wrong-status'
  return stallCount < model.vendorCount ? 'stalls-taken' : undefined
}

/** Carries the move out on the model, and says which of the market's fields it changes. */
function effect(model: Model, next: Move, now: Date): Partial<Market> {
  if (next.type === 'take stall') return { vendorCount: ++model.vendorCount }
  if (next.type === 'free stall') return { vendorCount: --model.vendorCount }
  Object.assign(model, next.changes)
  return { ...next.changes, updatedAt: now }
}

function apply(market: Market, next: Move, now: Date): void {
  if (next.type === 'edit') market.edit(next.changes, now)
  else if (next.type === 'take stall') market.takeStall()
  else market.freeStall()
}

const PROPS = {
  id: 'm1',
  organizerId: 'o1',
  slug: 'riverside',
  name: 'Riverside',
  city: 'Lisbon',
  description: '',
  createdAt: CREATED,
}

function marketWith(props: Pick<MarketProps, 'stallCount'> & Partial<MarketProps>): Market {
  return new Market({ ...PROPS, ...props })
}
