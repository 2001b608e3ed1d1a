import { z } from 'zod'
import { joinKey, tags } from '../../../../src/application/consistency/cache-key.ts'
import type { View } from '../../../../src/application/tables/view-table.ts'
import type { DomainEvent } from '../../../../src/domain/events.ts'
import type { SimQueries } from './sim-database.ts'

export interface VersionView {
  readonly version: number
}

/** A view of one version. It hangs on two tags, and a write to it invalidates one or the other. */
export const versionView: View<{ readonly id: string }, VersionView> = {
  name: 'version',
  // About three leases: entries expire, and are refreshed early, within a schedule.
  ttlS: 3,
  schema: z.object({ version: z.number() }),
  key: ({ id }) => joinKey('version', id),
  tags: ({ id }) => [tags.vendor(id), tags.account(id)],
  load: async (queries, { id }) => ({ value: { version: (queries as unknown as SimQueries).version(id) } }),
}

export function eventOf(view: string, version: number): DomainEvent {
  return version % 3 === 0
    ? { type: 'sessions-ended', accountId: view }
    : { type: 'vendor-edited', vendorId: view, markets: [] }
}
