import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

const SECOND_MS = 1000

/** What a client may cost that is slow, endless or many. Times in ms, sizes in bytes. */
export interface ServerLimits {
  /** Until a request's head is complete; then Node answers 408 on its own. */
  readonly headersTimeout: number
  /** Until the request is complete, body included: 408. */
  readonly requestTimeout: number
  /** A connection with a request on it on which nothing moves: its client does not read its answer. */
  readonly timeout: number
  readonly keepAliveTimeout: number
  readonly connectionsCheckingInterval: number
  /** Of the request line and all header fields together; a longer head is answered 431. */
  readonly maxHeaderSize: number
  /** At a time; more are closed as they come, so that a flood costs others a wait, and never the process. */
  readonly maxConnections: number
}

const LIMITS: ServerLimits = {
  headersTimeout: 10 * SECOND_MS,
  requestTimeout: 30 * SECOND_MS,
  timeout: 30 * SECOND_MS,
  /** Longer than load balancers keep idle connections, so that it is never us who closes one just being used. */
  keepAliveTimeout: 65 * SECOND_MS,
  connectionsCheckingInterval: 5 * SECOND_MS,
  maxHeaderSize: 16 * 1024,
  maxConnections: 10_000,
}

/** How often connections that have become idle are looked for while closing, in ms. */
const IDLE_CHECK_MS = 20

export interface ListenOptions {
  readonly host: string
  /** 0 picks a free one. */
  readonly port: number
  /** How long requests in flight may take to end after `close`, in ms, before they are cut off. */
  readonly graceMs?: number
  /** Instead of the usual ones. */
  readonly limits?: Partial<ServerLimits>
}

export interface HttpServer {
  readonly url: string
  /** Takes no more requests, lets those in flight end, and resolves when no connection is left. */
  close(): Promise<void>
}

/** Serves the app. Rejects when the address cannot be listened on. */
export async function listen(
  app: RequestListener,
  { host, port, graceMs = 10 * SECOND_MS, limits }: ListenOptions,
): Promise<HttpServer> {
  const all = { ...LIMITS, ...limits }
  const server = createServer(all, app)
  server.timeout = all.timeout
  server.maxConnections = all.maxConnections
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port }, () => {
      server.off('error', reject)
      resolve()
    })
  })
  let closed: Promise<void> | undefined
  return {
    url: urlOf(server.address() as AddressInfo),
    close() {
      closed ??= close(server, graceMs)
      return closed
    },
  }
}

async function close(server: Server, graceMs: number): Promise<void> {
  const ended = new Promise<void>((resolve) => server.close(() => resolve()))
  // A connection that was answering when we began becomes idle later, and a client would keep it open for long.
  const idle = setInterval(() => server.closeIdleConnections(), IDLE_CHECK_MS)
  const cutOff = setTimeout(() => server.closeAllConnections(), graceMs)
  await ended
  clearInterval(idle)
  clearTimeout(cutOff)
}

function urlOf({ address, family, port }: AddressInfo): string {
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`
}
