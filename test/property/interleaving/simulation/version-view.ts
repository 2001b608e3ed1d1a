import { joinKey } from '../../../../src/application/consistency/cache-key.ts'
import type { View } from '../../../../src/application/consistency/view.ts'
import type { SimQueries } from './sim-database.ts'

export interface VersionView {
  readonly version: number
}

/** A view of one version. It hangs on two tags, and a write to it invalidates one or the other. */
export const versionView: View<{ readonly id: string }, VersionView, SimQueries> = {
  name: 'version',
  // About three leases: entries expire, and are refreshed early, within a schedule.
  ttlS: 3,
  schema: { parse: (value) => value as VersionView },
  key: ({ id }) => joinKey('version', id),
  tags: ({ id }) => TAGS.map((tag) => joinKey(tag, id)),
  load: async (queries, { id }) => ({ value: { version: queries.version(id) } }),
}

/** A write to the view that `id` names. */
export interface Written {
  readonly type: 'one' | 'other'
  readonly id: string
}

export function eventOf(id: string, version: number): Written {
  return { type: version % 3 === 0 ? 'other' : 'one', id }
}

export function tagsOf(events: readonly Written[]): string[] {
  return events.map(({ type, id }) => joinKey(type, id))
}

const TAGS: readonly Written['type'][] = ['one', 'other']
