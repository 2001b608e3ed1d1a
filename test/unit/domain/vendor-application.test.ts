import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Market } from '../../../src/domain/market.ts'
import {
  APPLICATION_STATUSES,
  type ApplicationStatus,
  LIVE_STATUSES,
  VendorApplication,
} from '../../../src/domain/vendor-application.ts'
import { codeOf } from './code-of.ts'

const CREATED = new Date('2026-05-01T08:00:00Z')

const VERBS = ['accept', 'reject', 'waitlist', 'remove', 'withdraw'] as const
type Verb = (typeof VERBS)[number]

/** The lifecycle as a table: where each verb leads from each status. What is absent is refused. */
const LEADS_TO: Record<ApplicationStatus, Partial<Record<Verb, ApplicationStatus>>> = {
  pending: { accept: 'accepted', reject: 'rejected', waitlist: 'waitlisted', withdraw: 'withdrawn' },
  waitlisted: { accept: 'accepted', reject: 'rejected', withdraw: 'withdrawn' },
  accepted: { remove: 'rejected', withdraw: 'withdrawn' },
  rejected: {},
  withdrawn: {},
}

const APPLICANTS = 5
const REASON = 'Never there'

describe('applications at one market', () => {
  it('follow their lifecycle, and exactly the accepted ones hold a stall', () => {
    const step = fc.record({ who: fc.nat({ max: APPLICANTS - 1 }), verb: fc.constantFrom(...VERBS) })
    fc.assert(
      fc.property(fc.nat({ max: 3 }), fc.array(step, { maxLength: 40 }), (stallCount, steps) => {
        const market = marketWith(stallCount)
        const applications = Array.from({ length: APPLICANTS }, (_, i) => applicationOf(`v${i}`))
        const model = applications.map((): ApplicationStatus => 'pending')
        steps.forEach(({ who, verb }, i) => {
          const application = applications[who]!
          const before = { application: { ...application }, market: { ...market } }
          const now = new Date(CREATED.getTime() + i + 1)
          const next = LEADS_TO[model[who]!][verb]
          const full = verb === 'accept' && accepted(model) === stallCount
          // What the application forbids is told before the market's stalls are looked at.
          const refusal = next === undefined ? 'wrong-status' : full ? 'market-full' : undefined

          expect(codeOf(() => act(application, verb, market, now))).toBe(refusal)

          if (refusal === undefined) {
            model[who] = next!
            const reason = verb === 'remove' ? REASON : null
            expect({ ...application }).toEqual({
              ...before.application,
              status: next,
              reason,
              updatedAt: now,
            })
          } else {
            expect({ application: { ...application }, market: { ...market } }).toEqual(before)
          }
          expect(market.vendorCount).toBe(accepted(model))
        })
        expect(applications.map(({ status }) => status)).toEqual(model)
      }),
    )
  })

  it('begin pending, with what the vendor wrote, and no reason to have ended', () => {
    expect({ ...applicationOf('v1') }).toEqual({
      ...{ id: 'a-v1', marketId: 'm1', vendorId: 'v1', message: 'Bread' },
      ...{ status: 'pending', reason: null, createdAt: CREATED, updatedAt: CREATED },
    })
  })

  it('of a vendor that has left keep what became of them, and no word of either side', () => {
    const market = marketWith(1)
    const [kept, removed] = [applicationOf('v1'), applicationOf('v2')]
    kept.withdraw(market, CREATED)
    removed.accept(market, CREATED)
    removed.remove(market, REASON, CREATED)
    for (const application of [kept, removed]) application.anonymize('former')
    expect(kept).toMatchObject({ vendorId: 'former', message: '', reason: null, status: 'withdrawn' })
    expect(removed).toMatchObject({ vendorId: 'former', message: '', reason: '', status: 'rejected' })
  })

  it('block another by the same vendor exactly while something may still become of them', () => {
    const moving = APPLICATION_STATUSES.filter((status) => Object.keys(LEADS_TO[status]).length > 0)
    expect([...LIVE_STATUSES].sort()).toEqual(moving.sort())
  })
})

function act(application: VendorApplication, verb: Verb, market: Market, now: Date): void {
  if (verb === 'accept' || verb === 'withdraw') application[verb](market, now)
  else if (verb === 'remove') application.remove(market, REASON, now)
  else application[verb](now)
}

function accepted(statuses: readonly ApplicationStatus[]): number {
  return statuses.filter((status) => status === 'accepted').length
}

function applicationOf(vendorId: string): VendorApplication {
  return new VendorApplication({
    id: `a-${vendorId}`,
    marketId: 'm1',
    vendorId,
    message: 'Bread',
    createdAt: CREATED,
  })
}

function marketWith(stallCount: number): Market {
  const market = new Market({
    id: 'm1',
    organizerId: 'o1',
    slug: 'riverside',
    name: 'Riverside',
    city: 'Lisbon',
    description: '',
    stallCount,
    createdAt: CREATED,
  })
  market.edit({ status: 'active' }, CREATED)
  return market
}
