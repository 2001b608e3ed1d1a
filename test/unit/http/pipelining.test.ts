import type { RequestListener } from 'node:http'
import { connect, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterEach, describe, expect, it } from 'vitest'
import { type HttpServer, listen } from '../../../src/adapters/http/server.ts'

const GET = (path: string, last = false) =>
  `GET ${path} HTTP/1.1\r\nHost: a\r\n${last ? 'Connection: close\r\n' : ''}\r\n`

describe('requests that a client sends before it has the last answer', () => {
  let server: HttpServer
  let socket: Socket
  afterEach(async () => {
    socket?.destroy()
    await server?.close()
  })

  async function open(app: RequestListener): Promise<void> {
    server = await listen(app, { host: '127.0.0.1', port: 0 })
    socket = connect(Number(new URL(server.url).port), '127.0.0.1').on('error', () => {})
  }

  it('are handled one at a time, and answered in their order', async () => {
    let running = 0
    let most = 0
    await open((req, res) => {
      most = Math.max(most, ++running)
      setImmediate(() => {
        running -= 1
        res.end(`answer to ${req.url}`)
      })
    })
    const paths = Array.from({ length: 20 }, (_, i) => `/${i}`)
    socket.write(paths.map((path, i) => GET(path, i === paths.length - 1)).join(''))
    const answers = (await text(socket)).match(/answer to \/\d+/g)
    expect(answers).toEqual(paths.map((path) => `answer to ${path}`))
    expect(most).toBe(1)
  })

  it('are not begun once the client has gone', async () => {
    const begun: string[] = []
    const gone = Promise.withResolvers<void>()
    await open((req, res) => {
      begun.push(req.url!)
      res.once('close', gone.resolve)
      socket.destroy()
    })
    socket.write(GET('/first') + GET('/second'))
    await gone.promise
    expect(begun).toEqual(['/first'])
  })

  it('cut the connection off when they are more than any client of good will sends', async () => {
    const begun: string[] = []
    await open((req) => begun.push(req.url!))
    socket.write(GET('/').repeat(100))
    await new Promise((resolve) => socket.once('close', resolve))
    expect(begun).toHaveLength(1)
  })

  it('are followed by a refusal only when the answers before it are out', async () => {
    await open((_req, res) => {
      res.writeHead(200, { 'Content-Length': 10 })
      res.write('half')
    })
    let answer = ''
    socket.setEncoding('utf8').on('data', (part: string) => {
      answer += part
    })
    socket.write(GET('/'))
    await expect.poll(() => answer).toContain('half')
    socket.write('not HTTP at all\r\n\r\n')
    await new Promise((resolve) => socket.once('close', resolve))
    expect(answer.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200'])
  })
})
