import { MarketflowError } from '../../domain/errors.ts'
import { represent } from '../consistency/representation.ts'
import type { ViewQueries } from '../ports/view-queries.ts'
import type { MarketflowView } from './read.ts'

/** What a writer has seen of what it changes: one of these entity tags; `*`: that it exists. Absent: it does not say. */
export type Seen = readonly string[] | '*' | undefined

/**
 * Asked after the lock that every other write of the same thing needs: what is seen here cannot be replaced before this
 * transaction ends, so that of two writers who have seen the same only one goes on.
 * @throws MarketflowError `precondition-failed` when the view is another one by now
 */
export async function assertSeen<P, T>(
  seen: Seen,
  view: Pick<MarketflowView<P, T>, 'schema' | 'load'>,
  queries: ViewQueries,
  params: P,
): Promise<void> {
  if (seen === undefined || seen === '*') return
  const found = await view.load(queries, params)
  if (found === undefined || !seen.includes(represent(view, found.value).etag))
    throw new MarketflowError('precondition-failed')
}
