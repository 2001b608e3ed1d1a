import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  ServerResponse,
} from 'node:http'
import { type AddressInfo, type Socket, Server as TcpServer } from 'node:net'
import { inTurn } from './in-turn.ts'
import { answerHeaders, type HeaderList } from './kit/security-headers.ts'

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

export const SERVER_LIMITS: ServerLimits = {
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
  /** How long an idle connection stays open after `close`, in ms: a request may be on its way over it. */
  readonly lingerMs?: number
  /** Instead of the usual ones. */
  readonly limits?: Partial<ServerLimits>
  /** Where the service is found from outside: whether browsers are to insist on HTTPS depends on it. */
  readonly publicUrl?: string | undefined
}

export interface HttpServer {
  readonly url: string
  /**
   * Takes no more connections, answers what comes over those that are open with `Connection: close`, lets requests in
   * flight end, and resolves when no connection is left.
   */
  close(): Promise<void>
}

/** Serves the app. Rejects when the address cannot be listened on. */
export async function listen(
  app: RequestListener,
  { host, port, graceMs = 10 * SECOND_MS, lingerMs = SECOND_MS / 2, limits, publicUrl }: ListenOptions,
): Promise<HttpServer> {
  const all = { ...SERVER_LIMITS, ...limits }
  const headers = answerHeaders(publicUrl)
  const server = createServer({ ...all, ServerResponse: responseWith(headers) }, inTurn(app))
  server.on('clientError', (error, socket) => refuse(error, socket as Socket, headers))
  const answers = new Answers(server)
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
      closed ??= close(server, answers, lingerMs, graceMs)
      return closed
    },
  }
}

/**
 * A response that says to browsers what every answer says, unless it brings its own: one of the app, and one that Node
 * makes without asking the app. The method is the response's own, since Express gives it another prototype.
 */
function responseWith(headers: HeaderList): typeof ServerResponse {
  const flat = headers.flat()
  const { writeHead } = ServerResponse.prototype
  function completed(this: ServerResponse, status: number, ...rest: never[]): ServerResponse {
    const given: unknown = rest.at(-1)
    // Cached reads bring a flat list, which Node sends as it is.
    if (Array.isArray(given)) {
      if (!given.includes('Content-Security-Policy')) given.push(...flat)
      else for (const [name, value] of headers) if (!given.includes(name)) given.push(name, value)
    } else {
      for (const [name, value] of headers) if (!this.hasHeader(name)) this.setHeader(name, value)
    }
    return writeHead.call(this, status, ...rest)
  }
  return class<Request extends IncomingMessage = IncomingMessage> extends ServerResponse<Request> {
    override readonly writeHead = completed as typeof writeHead as never
  }
}

/** By the code of what Node could not read; anything else is 400. */
const REFUSALS: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: '413 Payload Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
}

/** Answers what is not HTTP, or too slow or too long to be read, as Node does by itself, with our header fields. */
function refuse({ code = '' }: NodeJS.ErrnoException, socket: AnsweringSocket, headers: HeaderList): void {
  // Into an answer that is being sent, another would be mixed.
  if (socket.writable && socket._httpMessage?.headersSent !== true) {
    const fields = [['Connection', 'close'], ['Content-Length', '0'], ...headers]
    const head = fields.map(([name, value]) => `${name}: ${value}\r\n`).join('')
    socket.write(`HTTP/1.1 ${REFUSALS[code] ?? '400 Bad Request'}\r\n${head}\r\n`)
  }
  socket.destroy()
}

/** Node keeps here what it is answering. */
type AnsweringSocket = Socket & { readonly _httpMessage?: ServerResponse | null }

/** What is being answered. Once told to, every answer says that it is the last one on its connection. */
class Answers {
  readonly #underWay = new Set<ServerResponse>()
  #last = false

  constructor(server: Server) {
    server.prependListener('request', (_request, response) => {
      if (this.#last) response.setHeader('Connection', 'close')
      this.#underWay.add(response)
      response.once('close', () => this.#underWay.delete(response))
    })
  }

  areTheLast(): void {
    this.#last = true
    for (const response of this.#underWay)
      if (!response.headersSent) response.setHeader('Connection', 'close')
  }
}

async function close(server: Server, answers: Answers, lingerMs: number, graceMs: number): Promise<void> {
  answers.areTheLast()
  // An HTTP server's own `close` would also end every idle connection, whose client may have just sent a request.
  const ended = new Promise<void>((resolve) => TcpServer.prototype.close.call(server, () => resolve()))
  const lingered = performance.now() + lingerMs
  const idle = setInterval(() => {
    if (performance.now() >= lingered) server.closeIdleConnections()
  }, IDLE_CHECK_MS)
  const cutOff = setTimeout(() => server.closeAllConnections(), graceMs)
  await ended
  // Only now: this ends the timer that looks for slow requests.
  server.close()
  clearInterval(idle)
  clearTimeout(cutOff)
}

function urlOf({ address, family, port }: AddressInfo): string {
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`
}
