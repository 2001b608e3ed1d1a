import type { Worker } from 'node:cluster'

interface Connection {
  close(): void
}

/**
 * Resets the connection that was being handed to a worker when it died. node:cluster closes it once the worker says that
 * it has taken it over, so that otherwise no worker ever would, and its client would wait for as long as it cares to.
 */
export function resetWhatWasHandedOver(worker: Worker): void {
  const { process } = worker
  // Could not be forked: there was not even a channel to be had.
  if (process.send === undefined) return
  const send = process.send.bind(process)
  // One at a time: round robin waits for a worker's reply before it hands over the next.
  let underWay: Connection | undefined
  process.send = ((...[message, handle, ...rest]: Parameters<typeof send>) => {
    // What is sent without one may have a callback in its place.
    if (typeof handle === 'object') underWay = handle as unknown as Connection
    return send(message, handle, ...rest)
  }) as typeof process.send
  process.on('internalMessage', ({ ack }: { readonly ack?: number }) => {
    if (ack !== undefined) underWay = undefined
  })
  worker.once('exit', () => underWay?.close())
}
