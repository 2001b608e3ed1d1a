import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Clock } from '../../../application/consistency/ports/clock.ts'
import type { Statistics } from '../../../application/ports/statistics.ts'

const EVERY_MS = 1000

/** The instance that an operator watches. */
export interface Watched {
  /** Whose numbers these are, in words. */
  readonly instance: string
  readonly statistics: Statistics
  /** Aborted when the service stops. */
  readonly closing: AbortSignal
}

/**
 * Sends a snapshot every second as a server-sent event, until the client goes away, its session ends or the service stops: an open
 * stream would otherwise keep the server from closing. Each says whose it is: behind a load balancer the page may have
 * come from another instance, and a stream that is opened anew may come from a third.
 */
export async function streamSnapshots(
  req: IncomingMessage,
  res: ServerResponse,
  { instance, statistics, closing }: Watched,
  clock: Clock,
  signedOut: () => Promise<boolean>,
): Promise<void> {
  res.writeHead(200, {
    'Content-Type': 'text/event-stream',
    'Cache-Control': 'no-store',
    // nginx would collect events until they fill a buffer.
    'X-Accel-Buffering': 'no',
  })
  if (req.method === 'HEAD') {
    res.end()
    return
  }
  const gone = new AbortController()
  res.once('close', () => gone.abort())
  const ended = AbortSignal.any([gone.signal, closing])
  res.write(`retry: ${EVERY_MS}\n\n`)
  while (!ended.aborted && !(await signedOut())) {
    const event = `data: ${JSON.stringify({ instance, ...(await statistics.snapshot()) })}\n\n`
    if (ended.aborted) break
    // A browser that does not read gets no more until it does.
    if (!res.write(event)) await once(res, 'drain', { signal: ended }).catch(() => undefined)
    await clock.sleep(EVERY_MS, ended)
  }
  res.end()
}
