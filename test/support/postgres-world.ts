import { randomUUID } from 'node:crypto'
import type { Database } from '../../src/adapters/postgres/database.ts'
import { Account } from '../../src/domain/account.ts'
import { Market, type MarketProps } from '../../src/domain/market.ts'
import { Vendor } from '../../src/domain/vendor.ts'
import { VendorApplication } from '../../src/domain/vendor-application.ts'

/** Entities with sensible fields, for tests that care about a few of them. */

export const NOW = new Date('2026-05-01T08:00:00.123Z')

export function anOrganizer(): Account {
  const id = randomUUID()
  const fields = { email: `${id}@example.org`, name: 'Olga', passwordHash: 'hash', createdAt: NOW }
  return new Account({ id, role: 'organizer', vendorId: null, ...fields })
}

export function aVendor(businessName = 'Bread & Co'): Vendor {
  return new Vendor({
    id: randomUUID(),
    businessName,
    category: 'bakery',
    description: 'Sourdough',
    website: '',
    products: [],
    createdAt: NOW,
  })
}

export function aMarket(organizerId: string, props: Partial<MarketProps> = {}): Market {
  const id = randomUUID()
  return new Market({
    id,
    organizerId,
    slug: `market-${id}`,
    name: 'Green Market',
    city: 'Chicago',
    street: '1 Main St',
    region: 'IL',
    postcode: '60601',
    country: 'US',
    latitude: 41.881832,
    longitude: -87.623177,
    timeZone: 'America/Chicago',
    website: 'https://market.example',
    description: 'On Saturdays',
    stallCount: 3,
    createdAt: NOW,
    ...props,
  })
}

export function anApplication(marketId: string, vendorId: string, createdAt = NOW): VendorApplication {
  return new VendorApplication({ id: randomUUID(), marketId, vendorId, message: 'Please', createdAt })
}

/** An organizer with one active market, and vendors that have applied to it. */
export async function aWorld(database: Database, vendorCount: number, props: Partial<MarketProps> = {}) {
  const organizer = anOrganizer()
  const market = aMarket(organizer.id, props)
  market.edit({ status: 'active' }, NOW)
  const vendors = Array.from({ length: vendorCount }, (_, i) => aVendor(`Vendor ${i}`))
  const applications = vendors.map((vendor) => anApplication(market.id, vendor.id))
  await database.transactions.run(async (tx) => {
    tx.accounts.add(organizer)
    tx.markets.add(market)
    for (const vendor of vendors) tx.vendors.add(vendor)
    for (const application of applications) tx.applications.add(application)
  })
  return { organizer, market, vendors, applications }
}
