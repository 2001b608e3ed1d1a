import { readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import type { Route } from '../../src/adapters/http/kit/routes.ts'
import { ROUTES } from './api-document.ts'
import type { RunningService } from './service.ts'

export interface Flood {
  readonly connections: number
  /** Sent on each connection at once, before any is answered. */
  readonly requests: number
  /** What a connection reads at most, in bytes; then it reads no more, and waits until all others have done so too. */
  readonly reads?: number
}

export interface Outcome {
  /** Answers that came, by status. */
  readonly statuses: Readonly<Record<string, number>>
  /** Connections that ended before all their answers came. */
  readonly cutOff: number
}

/** What a new process may take at most, as in `docker-compose.prod.yml`: its heap, and all its memory, in MB. */
export const HEAP_MB = 320
export const MEMORY_MB = 640

/** Every route that needs no account, as the document and the table of pages name them: by the document's sections. */
export const OPEN_ROUTES: ReadonlyMap<string, readonly Pick<Route, 'method' | 'path'>[]> = Map.groupBy(
  ROUTES.filter(
    ({ operation }) => operation === null || operation.token === 'ignored' || operation.token === 'optional',
  ),
  ({ operation }) => operation?.tag ?? 'Pages',
)

/** The request as it goes over the wire; a parameter gets a value that nothing has. */
function wire(method: string, path: string, last: boolean): string {
  const target = path
    .replace(':id', '0b8f3f0a-8a44-4b0a-9d7c-3b8b7c1a2d3e')
    .replace(':slug', 'no-such-market')
    .replace(':part', '1')
    .replace(':file', 'style.other.css')
  const body = method === 'POST' ? JSON.stringify(BODIES[path] ?? {}) : ''
  const fields = ['Host: localhost', ...(last ? ['Connection: close'] : [])]
  if (body !== '') fields.push('Content-Type: application/json', `Content-Length: ${body.length}`)
  return `${method} ${target} HTTP/1.1\r\n${fields.join('\r\n')}\r\n\r\n${body}`
}

const BODIES: Readonly<Record<string, object>> = {
  '/auth/login': { email: 'no-one@example.org', password: 'not the password' },
  '/auth/register': {
    email: 'no-one@example.org',
    password: 'long enough, surely',
    name: 'A',
    role: 'organizer',
  },
}

/** Sends all of it at once, reads what it is to read, and keeps none of it. */
export async function flood(
  { url }: RunningService,
  { method, path }: { readonly method: string; readonly path: string },
  { connections, requests, reads = Number.POSITIVE_INFINITY }: Flood,
): Promise<Outcome> {
  const port = Number(new URL(url).port)
  const bytes = wire(method, path, false).repeat(requests - 1) + wire(method, path, true)
  const statuses: Record<string, number> = {}
  let cutOff = 0
  const one = () =>
    new Promise<Socket>((resolve) => {
      let seen = 0
      let read = 0
      let tail = ''
      const socket = connect(port, '127.0.0.1', () => socket.write(bytes))
      socket.setEncoding('latin1')
      socket.on('data', (part: string) => {
        const text = tail + part
        for (const [, status] of text.matchAll(STATUS)) {
          statuses[status!] = (statuses[status!] ?? 0) + 1
          seen += 1
        }
        // A status line may come in two parts; one that was counted is longer than this.
        tail = text.slice(-12)
        read += part.length
        if (read < reads) return
        socket.pause()
        resolve(socket)
      })
      socket.on('error', () => undefined)
      socket.on('close', () => {
        if (seen < requests && read < reads) cutOff += 1
        resolve(socket)
      })
    })
  const sockets = await Promise.all(Array.from({ length: connections }, one))
  for (const socket of sockets) socket.destroy()
  return { statuses, cutOff }
}

const STATUS = /HTTP\/1\.1 (\d{3}) /g
/** The most memory that the process ever had, in MB; undefined where the system does not say. */
export function peakMemoryMb({ process: { pid } }: RunningService): number | undefined {
  try {
    const [, kB] = /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
    return kB === undefined ? undefined : Number(kB) / 1024
  } catch {
    return undefined
  }
}
