import { Agent, type IncomingMessage, request } from 'node:http'
import { type AddressInfo, connect, createServer } from 'node:net'
import { text } from 'node:stream/consumers'
import { setImmediate, setTimeout as sleep } from 'node:timers/promises'
import express from 'express'
import { afterEach, describe, expect, it } from 'vitest'
import { type HttpServer, listen } from '../../../src/adapters/http/server.ts'

describe('listen', () => {
  let server: HttpServer
  afterEach(() => server?.close())

  /** An app whose `/slow` answers when told to. */
  function slowApp() {
    const arrived = Promise.withResolvers<void>()
    const released = Promise.withResolvers<void>()
    const app = express()
    app.get('/slow', async (_req, res) => {
      arrived.resolve()
      await released.promise
      res.end('done')
    })
    app.get('/', (_req, res) => {
      res.end('ok')
    })
    return { app, arrived: arrived.promise, release: released.resolve }
  }

  it('lets requests in flight end, and takes no others', async () => {
    const { app, arrived, release } = slowApp()
    server = await listen(app, { host: '127.0.0.1', port: 0 })
    const slow = fetch(`${server.url}/slow`)
    await arrived
    let closed = false
    const closing = server.close().then(() => {
      closed = true
    })
    await expect(fetch(`${server.url}/`)).rejects.toThrow()
    expect(closed).toBe(false)
    release()
    expect(await (await slow).text()).toBe('done')
    await closing
  })

  it('does not wait for connections that are idle, or become so', async () => {
    const { app, arrived, release } = slowApp()
    server = await listen(app, { host: '127.0.0.1', port: 0 })
    const agent = new Agent({ keepAlive: true })
    const get = (path: string) =>
      new Promise<string>((resolve, reject) => {
        request(`${server.url}${path}`, { agent }, (res) => text(res).then(resolve, reject))
          .on('error', reject)
          .end()
      })
    await get('/')
    const slow = get('/slow')
    await arrived
    const start = performance.now()
    const closing = server.close()
    release()
    expect(await slow).toBe('done')
    await closing
    expect(performance.now() - start).toBeLessThan(2000)
    agent.destroy()
  })

  it('tells clients whose request is in flight, or comes over a kept connection, that their answer is the last', async () => {
    const { app, arrived, release } = slowApp()
    server = await listen(app, { host: '127.0.0.1', port: 0 })
    const agent = new Agent({ keepAlive: true })
    const ask = (path: string) =>
      new Promise<IncomingMessage>((resolve, reject) => {
        request(`${server.url}${path}`, { agent }, resolve).on('error', reject).end()
      })
    await text(await ask('/'))
    await setImmediate()
    const kept = Object.values(agent.freeSockets).flat().length
    const onAnother = new Agent({ keepAlive: true })
    const slow = new Promise<IncomingMessage>((resolve, reject) => {
      request(`${server.url}/slow`, { agent: onAnother }, resolve).on('error', reject).end()
    })
    await arrived
    const closing = server.close()
    // Once the server has looked for idle connections, as it does every few ms.
    await sleep(40)
    const answers = [await ask('/')]
    release()
    answers.push(await slow)
    expect([kept, ...answers.map(({ headers }) => headers.connection)]).toEqual([1, 'close', 'close'])
    await Promise.all(answers.map((answer) => text(answer)))
    await closing
    agent.destroy()
    onAnother.destroy()
  })

  it('resets none of the connections that are busy when it closes: each gets a last answer that says so', async () => {
    const { app } = slowApp()
    // Longer than a busy machine keeps a client from asking again: a connection that is idle is closed after that.
    const patience = { lingerMs: 60_000, graceMs: 60_000 }
    server = await listen(app, { host: '127.0.0.1', port: 0, ...patience })
    const agent = new Agent({ keepAlive: true, maxSockets: 20 })
    const ask = () =>
      new Promise<IncomingMessage>((resolve, reject) => {
        request(server.url, { agent }, resolve).on('error', reject).end()
      })
    let answered = 0
    const askUntilTheLast = async () => {
      for (;;) {
        const answer = await ask()
        await text(answer)
        answered++
        if (answer.headers.connection === 'close') return 'told'
      }
    }
    const clients = Promise.all(Array.from({ length: 20 }, askUntilTheLast))
    await expect.poll(() => answered).toBeGreaterThan(100)
    await server.close()
    expect(await clients).toEqual(Array(20).fill('told'))
    agent.destroy()
  })

  it('cuts off what does not end in time', async () => {
    const { app, arrived } = slowApp()
    server = await listen(app, { host: '127.0.0.1', port: 0, graceMs: 50 })
    const slow = fetch(`${server.url}/slow`)
    const cutOff = expect(slow).rejects.toThrow()
    await arrived
    await server.close()
    await cutOff
  })

  it('closes once, however often it is told to', async () => {
    server = await listen(slowApp().app, { host: '127.0.0.1', port: 0 })
    await Promise.all([server.close(), server.close()])
  })

  it('rejects when the port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => other.once('listening', resolve))
    const { port } = other.address() as AddressInfo
    await expect(listen(slowApp().app, { host: '127.0.0.1', port })).rejects.toMatchObject({
      code: 'EADDRINUSE',
    })
    other.close()
  })

  it.each([
    ['not HTTP at all\r\n\r\n', '400'],
    ['GET / HTTP/1.1\r\n\r\n', '400'],
    ['GET / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n', '400'],
    ['POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n', '400'],
    [`GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(17_000)}\r\n\r\n`, '431'],
  ])('answers %j and goes on', async (bytes, status) => {
    server = await listen(slowApp().app, { host: '127.0.0.1', port: 0 })
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
    socket.write(bytes)
    expect(await text(socket)).toContain(`HTTP/1.1 ${status} `)
    expect(await (await fetch(server.url)).text()).toBe('ok')
  })
})
