import { defineEntity, p } from '@mikro-orm/core'
import { Account } from '../../domain/account.ts'
import type { DirectoryListing } from '../../domain/directory-listing.ts'
import { Market, normalizePlace } from '../../domain/market.ts'
import { Vendor } from '../../domain/vendor.ts'
import { VendorApplication } from '../../domain/vendor-application.ts'

/*
 * How the domain's classes lie in tables. The classes know nothing of it: MikroORM makes instances without calling
 * their constructors, sets their fields, and writes what has changed. Foreign keys stay plain ids: aggregates refer to
 * each other by id, and no query of ours walks an object graph.
 */

/** `timestamptz(3)`: as precise as a JavaScript date, so that what is read equals what was written. */
const time = () => p.datetime().columnType('timestamptz(3)')

const cityKey = (market: Market) => normalizePlace(market.city)

/** What an instance keeps, which is everything but its methods. */
type Field<Entity> = {
  [Name in keyof Entity]: Entity[Name] extends (...args: never[]) => unknown ? never : Name
}[keyof Entity]

/** A mapping of every field of a class: one that is forgotten, and so never stored, does not compile. */
type Mapped<Entity> = Record<Field<Entity>, unknown> & Record<string, unknown>

const account = defineEntity({
  class: Account,
  tableName: 'accounts',
  properties: {
    id: p.uuid().primary(),
    email: p.text(),
    name: p.text(),
    role: p.text(),
    passwordHash: p.text(),
    vendorId: p.uuid().nullable(),
    createdAt: time(),
    sessionEpoch: p.integer(),
  } satisfies Mapped<Account>,
})

const vendor = defineEntity({
  class: Vendor,
  tableName: 'vendors',
  properties: {
    id: p.uuid().primary(),
    businessName: p.text(),
    category: p.text(),
    description: p.text(),
    website: p.text(),
    products: p.array().columnType('text[]'),
    createdAt: time(),
    updatedAt: time(),
  } satisfies Mapped<Vendor>,
})

const market = defineEntity({
  class: Market,
  tableName: 'markets',
  properties: {
    id: p.uuid().primary(),
    organizerId: p.uuid(),
    slug: p.text(),
    directorySource: p.text().nullable(),
    directoryId: p.text().nullable(),
    listing: p.json<DirectoryListing>().nullable(),
    unclaimed: p.boolean(),
    name: p.text(),
    city: p.text(),
    street: p.text(),
    region: p.text(),
    postcode: p.text(),
    country: p.text(),
    latitude: p.double().nullable(),
    longitude: p.double().nullable(),
    timeZone: p.text(),
    website: p.text(),
    /**
     * The city as the domain compares it, kept as a column: lower(trim(city)) in SQL and in JavaScript disagree
     * (Turkish İ, non-breaking spaces), and then a listing would miss a market that its tag covers.
     */
    cityKey: p.text().lazy().hidden().onCreate(cityKey).onUpdate(cityKey),
    description: p.text(),
    seasons: p.json(),
    stallCount: p.integer(),
    vendorCount: p.integer(),
    status: p.text(),
    createdAt: time(),
    updatedAt: time(),
  } satisfies Mapped<Market>,
})

const vendorApplication = defineEntity({
  class: VendorApplication,
  tableName: 'vendor_applications',
  properties: {
    id: p.uuid().primary(),
    marketId: p.uuid(),
    vendorId: p.uuid(),
    message: p.text(),
    status: p.text(),
    reason: p.text().nullable(),
    createdAt: time(),
    updatedAt: time(),
  } satisfies Mapped<VendorApplication>,
})

export const ENTITIES = [vendor, account, market, vendorApplication]
