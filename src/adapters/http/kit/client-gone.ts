import type { ServerResponse } from 'node:http'
import { MarketflowError } from '../../../domain/errors.ts'

/** Aborted when the client goes away before it has its answer: what waits on its behalf need not be begun. */
export function clientGone(res: ServerResponse): AbortSignal {
  const gone = new AbortController()
  res.once('close', () => {
    if (!res.writableFinished) gone.abort(new MarketflowError('overloaded', 'The client did not wait'))
  })
  return gone.signal
}
