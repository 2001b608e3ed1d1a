import { readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { type HttpServer, listen, SERVER_LIMITS } from '../../../src/adapters/http/server.ts'
import { TestApi } from './harness.ts'

/** The usual limits, a hundred times as strict. In ms. */
const LIMITS = {
  headersTimeout: 150,
  requestTimeout: 300,
  timeout: 200,
  keepAliveTimeout: 5_000,
  connectionsCheckingInterval: 20,
}

/** All that comes until the connection ends, by a reset too: the server does not read what it has refused. */
function heard(socket: Socket): Promise<string> {
  let all = ''
  socket.setEncoding('utf8').on('data', (part: string) => {
    all += part
  })
  return new Promise((resolve) => socket.once('close', () => resolve(all)))
}

describe('a client that is slow on purpose', () => {
  let api: TestApi | undefined
  let server: HttpServer | undefined
  const sockets: Socket[] = []

  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy()
    await api?.close()
    await server?.close()
    api = server = undefined
  })

  function connectTo(url: string): Socket {
    const socket = connect(Number(new URL(url).port), '127.0.0.1').on('error', () => {})
    sockets.push(socket)
    return socket
  }

  /** Sends one character at a time, for as long as the server takes them. */
  async function drip(socket: Socket, characters: string): Promise<void> {
    for (const character of characters) {
      if (!socket.writable) return
      socket.write(character)
      await sleep(10)
    }
  }

  it('is cut off with 408 when it sends its head byte by byte', async () => {
    api = await TestApi.start({ limits: LIMITS })
    const socket = connectTo(api.url)
    drip(socket, `GET /markets HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(1000)}`)
    expect(await heard(socket)).toMatch(/^HTTP\/1\.1 408 /)
    expect(api.calls).toEqual([])
  })

  it('is cut off with 408 when it sends its body byte by byte, and no operator is woken for it', async () => {
    api = await TestApi.start({ limits: LIMITS })
    const socket = connectTo(api.url)
    socket.write('POST /auth/login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n')
    socket.write('Content-Length: 5000\r\n\r\n')
    drip(socket, '{'.repeat(5000))
    expect(await heard(socket)).toMatch(/^HTTP\/1\.1 408 /)
    expect(api.calls).toEqual([])
    await expect.poll(() => api!.reports.map(({ status }) => status)).toEqual([499])
    expect(api.errors).toEqual([])
  })

  it('is cut off when it does not read its answer', async () => {
    const ended = Promise.withResolvers<boolean>()
    const large = Buffer.alloc(64 * 1024 * 1024, 'x')
    server = await listen(
      (_req, res) => {
        res.on('close', () => ended.resolve(res.writableFinished))
        res.end(large)
      },
      { host: '127.0.0.1', port: 0, limits: LIMITS },
    )
    connectTo(server.url).pause().write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    expect(await ended.promise).toBe(false)
  })

  it('is left alone when it only waits between two requests', async () => {
    api = await TestApi.start({ limits: LIMITS })
    const socket = connectTo(api.url)
    const answers: string[] = []
    socket.setEncoding('utf8').on('data', (part: string) => answers.push(part))
    for (let i = 1; i <= 2; i++) {
      socket.write('GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n')
      await expect.poll(() => answers.join('').match(/HTTP\/1\.1 200 OK/g)?.length).toBe(i)
      // Longer than a request may take.
      await sleep(LIMITS.requestTimeout + 100)
    }
    expect(socket.readyState).toBe('open')
  })
})

describe('too much of it', () => {
  it('is a URL of more than 4096 characters: 414', async () => {
    const api = await TestApi.start()
    const longest = await api.fetch(`/markets?city=${'a'.repeat(4096 - '/markets?city='.length)}`)
    expect(longest.status).toBe(400)
    const longer = await api.fetch(`/markets?city=${'a'.repeat(4097 - '/markets?city='.length)}`)
    expect(longer.status).toBe(414)
    expect(longer.headers.get('content-type')).toBe('application/problem+json')
    expect(await longer.json()).toMatchObject({ code: 'uri-too-long', status: 414 })
    expect(api.calls).toEqual([])
    await api.close()
  })

  it('is one connection more than there may be, which is closed', async () => {
    const limits = { maxConnections: 1 }
    const server = await listen((_req, res) => res.end('ok'), { host: '127.0.0.1', port: 0, limits })
    const port = Number(new URL(server.url).port)
    const first = connect(port, '127.0.0.1')
    await new Promise((resolve) => first.once('connect', resolve))
    first.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    await new Promise((resolve) => first.once('data', resolve))
    const second = connect(port, '127.0.0.1').on('error', () => {})
    expect(await heard(second)).toBe('')
    first.destroy()
    await server.close()
  })
})

it('what the operations say that a client may take, in time, bytes and connections, is what it is given', () => {
  const page = readFileSync(new URL('../../../docs/operations.md', import.meta.url), 'utf8')
  const told = (what: string) => page.split('\n').find((line) => line.startsWith(`| ${what}`))
  const { headersTimeout, requestTimeout, timeout, maxHeaderSize, maxConnections } = SERVER_LIMITS
  expect(told("a request's head")).toContain(`| ${maxHeaderSize / 1024} kB, ${headersTimeout / 1000} s;`)
  expect(told('a request with its body')).toContain(`, ${requestTimeout / 1000} s |`)
  expect(told('a connection on which nothing moves')).toContain(`| ${timeout / 1000} s |`)
  expect(told('connections of a process')).toContain(`| ${maxConnections.toLocaleString('en')} |`)
})
