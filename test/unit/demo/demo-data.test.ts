import { describe, expect, it } from 'vitest'
import { APPLICATION_STATUSES, LIVE_STATUSES } from '../../../src/domain/vendor-application.ts'
import { DEMO } from '../../../src/infrastructure/demo/seed-demo.ts'

const { applications: APPLICATIONS, markets: MARKETS, organizers: ORGANIZERS, vendors: VENDORS } = DEMO
const keys = (rows: readonly { key: string }[]) => new Set(rows.map((row) => row.key))

describe('the demo data', () => {
  it('is some forty markets in a dozen cities', () => {
    expect(MARKETS.length).toBeGreaterThanOrEqual(40)
    expect(new Set(MARKETS.map((market) => market.city)).size).toBe(12)
    expect(new Set(MARKETS.map((market) => `${market.name} ${market.city}`)).size).toBe(MARKETS.length)
  })

  it('refers only to what there is', () => {
    for (const { organizer } of MARKETS) expect(keys(ORGANIZERS)).toContain(organizer)
    for (const { market, vendor } of APPLICATIONS) {
      expect(keys(MARKETS)).toContain(market)
      expect(keys(VENDORS)).toContain(vendor)
    }
  })

  it('shows applications in every state', () => {
    expect(new Set(APPLICATIONS.map(({ status }) => status))).toEqual(new Set(APPLICATION_STATUSES))
  })

  it('keeps the rules of the domain', () => {
    const live = APPLICATIONS.filter(({ status }) => LIVE_STATUSES.includes(status))
    expect(new Set(live.map(({ market, vendor }) => `${market} ${vendor}`)).size).toBe(live.length)
    for (const { key, status, stallCount } of MARKETS) {
      const there = APPLICATIONS.filter(({ market }) => market === key)
      if (status === 'draft') expect(there).toEqual([])
      expect(there.filter((application) => application.status === 'accepted').length).toBeLessThanOrEqual(
        stallCount,
      )
    }
  })

  it('has one market that is full, with a waiting list', () => {
    const accepted = (key: string) =>
      APPLICATIONS.filter(({ market, status }) => market === key && status === 'accepted')
    const full = MARKETS.filter(({ key, stallCount }) => accepted(key).length === stallCount)
    expect(full).toHaveLength(1)
    const { key } = full[0]!
    expect(APPLICATIONS.some(({ market, status }) => market === key && status === 'waitlisted')).toBe(true)
  })
})
