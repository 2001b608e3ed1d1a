import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import type { Clock } from '../../../application/ports/clock.ts'
import type { Statistics } from '../../../application/ports/statistics.ts'

const EVERY_MS = 1000

/**
 * Sends a snapshot every second as a server-sent event, until the client goes away or `closing` is aborted: an open
 * stream would otherwise keep the server from closing.
 */
export async function streamSnapshots(
  res: ServerResponse,
  statistics: Statistics,
  clock: Clock,
  closing: AbortSignal,
): Promise<void> {
  const gone = new AbortController()
  res.once('close', () => gone.abort())
  const ended = AbortSignal.any([gone.signal, closing])
  res.writeHead(200, {
    'Content-Type': 'text/event-stream',
    'Cache-Control': 'no-store',
    // nginx would collect events until they fill a buffer.
    'X-Accel-Buffering': 'no',
  })
  res.write(`retry: ${EVERY_MS}\n\n`)
  while (!ended.aborted) {
    const event = `data: ${JSON.stringify(await statistics.snapshot())}\n\n`
    if (ended.aborted) break
    // A browser that does not read gets no more until it does.
    if (!res.write(event)) await once(res, 'drain', { signal: ended }).catch(() => undefined)
    await clock.sleep(EVERY_MS, ended)
  }
  res.end()
}
