import { joinKey } from '../consistency/cache-key.ts'
import type { IdParams } from '../ports/view-queries.ts'
import { canonicalId, tags } from '../tables/tags.ts'
import { MINUTE, read } from '../use-case/read.ts'
import { organizerDashboard } from '../views/views.ts'

/** An organizer's own markets in numbers, and what vendors asked lately. */
export const GetOrganizerDashboard = read({
  name: 'organizer-dashboard',
  ttlS: 2 * MINUTE,
  schema: organizerDashboard,
  key: ({ id }: IdParams) => joinKey('organizer', canonicalId(id), 'dashboard'),
  tags: ({ id }) => [tags.organizer(id)],
  load: (queries, { id }) => queries.organizerDashboard(id),
  audience: 'organizer',
  missing: 'organizer-not-found',
})
