import { randomUUID } from 'node:crypto'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SystemClock } from '../../../src/adapters/system/system-clock.ts'
import { ListApplications } from '../../../src/application/applications/application-reads.ts'
import type { View } from '../../../src/application/consistency/view.ts'
import { GetMarket } from '../../../src/application/markets/market-reads.ts'
import { UpdateMarket } from '../../../src/application/markets/update-market.ts'
import { GetOrganizerDashboard } from '../../../src/application/organizers/organizer-reads.ts'
import { ShowMarket } from '../../../src/application/pages/page-reads.ts'
import type { ViewQueries } from '../../../src/application/ports/view-queries.ts'
import { UpdateVendor } from '../../../src/application/vendors/update-vendor.ts'
import { GetVendor } from '../../../src/application/vendors/vendor-reads.ts'
import { type Instance, openInstance } from '../../property/model/service.ts'
import { CACHES } from '../../support/caches.ts'
import { type FreshDatabase, freshDatabase } from '../../support/postgres.ts'
import { startRedis, type TestRedis } from '../../support/redis.ts'

/** More than a write names one by one, and more than it asks the database for. */
const MANY = 110

/** One vendor, accepted at markets of as many organizers; and one market that accepted as many vendors. */
const WORLD = `
  insert into accounts (id, email, name, role, password_hash, created_at)
    select uuid('00000000-0000-4000-8000-' || lpad(i::text, 12, '0')), i || '@example.org', 'Olga', 'organizer', '', now()
    from generate_series(0, ${MANY}) i;
  insert into markets (id, organizer_id, slug, name, city, city_key, description, stall_count, vendor_count, status,
      created_at, updated_at)
    select uuid('00000000-0000-4000-8001-' || lpad(i::text, 12, '0')),
      uuid('00000000-0000-4000-8000-' || lpad(i::text, 12, '0')), 'market-' || i, 'Old Market', 'Lisbon', 'lisbon', '',
      200, case i when 0 then ${MANY} else 1 end, 'active', now(), now()
    from generate_series(0, ${MANY}) i;
  insert into vendors (id, business_name, category, description, website, created_at, updated_at)
    select uuid('00000000-0000-4000-8002-' || lpad(i::text, 12, '0')), 'Old Vendor', 'bakery', '', '', now(), now()
    from generate_series(0, ${MANY}) i;
  insert into vendor_applications (id, market_id, vendor_id, message, status, created_at, updated_at)
    select gen_random_uuid(), uuid('00000000-0000-4000-8001-' || lpad(m::text, 12, '0')),
      uuid('00000000-0000-4000-8002-' || lpad(v::text, 12, '0')), '', 'accepted', now(), now()
    from (select i as m, 0 as v from generate_series(1, ${MANY}) i
      union all select 0, i from generate_series(1, ${MANY}) i) both_ways`

const id = (kind: 0 | 1 | 2, i: number) => `00000000-0000-4000-800${kind}-${String(i).padStart(12, '0')}`

describe.each(CACHES.filter(({ cache }) => cache === 'lru' || cache === 'tiered'))(
  'what touches more views than a write names, through $cache',
  ({ env }) => {
    const clock = new SystemClock()
    let redis: TestRedis
    let database: FreshDatabase
    let instance: Instance

    beforeAll(async () => {
      redis = await startRedis()
      database = await freshDatabase()
      const where = { DATABASE_URL: database.url, ...env(redis.url) }
      instance = await openInstance(where, clock)
      const sql = new Client({ connectionString: database.url })
      await sql.connect()
      await sql.query(WORLD)
      await sql.end()
    })

    afterAll(async () => {
      await instance?.close()
      await database?.drop()
      await redis?.stop()
    })

    /** How many tags the last write named. */
    async function named(): Promise<number> {
      const sql = new Client({ connectionString: database.url })
      await sql.connect()
      const { rows } = await sql.query(
        'select cardinality(tags) as n from cache_invalidation order by id desc',
      )
      await sql.end()
      return rows[0].n
    }

    /** How many of these views show the name, and how many of them came from the cache. */
    async function read<P>(
      view: View<P, unknown, ViewQueries>,
      params: (i: number) => P,
      name: string,
    ): Promise<{ showing: number; hits: number }> {
      const all = Array.from({ length: MANY }, (_, i) => params(i + 1))
      const readings = await instance.reads.readMany(view, all)
      return {
        showing: readings.filter((reading) => JSON.stringify(reading.value()).includes(name)).length,
        hits: readings.filter(({ status }) => status.kind === 'hit').length,
      }
    }

    /** Reads until all is cached: an instance that was slow to drain has no lease for a moment. */
    async function cached<P>(view: View<P, unknown, ViewQueries>, params: (i: number) => P, name: string) {
      await expect.poll(() => read(view, params, name)).toEqual({ showing: MANY, hits: MANY })
    }

    it('a vendor’s edit is shown by the next read of every market, list of applications and dashboard', async () => {
      const name = `New Vendor ${randomUUID()}`
      const applications = (i: number) => ({ id: id(1, i), page: 1, pageSize: 20 })
      const market = (i: number) => ({ id: id(1, i) })
      const page = (i: number) => ({ slug: `market-${i}`, today: '2026-05-02' })
      const organizer = (i: number) => ({ id: id(0, i) })
      await cached(ListApplications.view, applications, 'Old Vendor')
      await cached(GetMarket.view, market, 'Old Vendor')
      await cached(ShowMarket.view, page, 'Old Vendor')
      await cached(GetOrganizerDashboard.view, organizer, 'Old Vendor')

      const update = UpdateVendor({ writes: instance.writes, clock })
      const viewer = { accountId: randomUUID(), role: 'vendor', vendorId: id(2, 0) } as const
      await update(id(2, 0), { businessName: name }, viewer)
      expect(await named()).toBe(8)

      expect(await read(ListApplications.view, applications, name)).toMatchObject({ showing: MANY })
      expect(await read(GetMarket.view, market, name)).toMatchObject({ showing: MANY })
      expect(await read(ShowMarket.view, page, name)).toMatchObject({ showing: MANY })
      expect(await read(GetOrganizerDashboard.view, organizer, name)).toMatchObject({ showing: MANY })
    })

    it('a market’s edit is shown by the next read of every vendor that it accepted', async () => {
      const name = `New Market ${randomUUID()}`
      const vendor = (i: number) => ({ id: id(2, i) })
      await cached(GetVendor.view, vendor, 'Old Market')
      const update = UpdateMarket({ writes: instance.writes, clock })
      await update(id(1, 0), { name }, { accountId: id(0, 0), role: 'organizer', vendorId: null })
      expect(await named()).toBe(11)
      expect(await read(GetVendor.view, vendor, name)).toMatchObject({ showing: MANY })
    })
  },
)
