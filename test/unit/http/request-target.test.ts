import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { TestApi } from './harness.ts'

let api: TestApi

beforeEach(async () => {
  api = await TestApi.start()
})

afterEach(() => api.close())

/** Sends a request line as it is; `fetch` would mend or refuse it. */
function ask(target: string): Promise<string> {
  const socket = connect(Number(new URL(api.url).port), '127.0.0.1')
  socket.write(`GET ${target} HTTP/1.1\r\nHost: marketflow\r\nConnection: close\r\n\r\n`)
  return text(socket)
}

it('takes the absolute form, as proxies send it', async () => {
  expect(await ask('http://marketflow/healthz')).toContain('HTTP/1.1 200 OK')
})

it.each(['http://[::bad', '*', 'http://marketflow/nowhere'])('answers %s with a problem', async (target) => {
  const answer = await ask(target)
  expect(answer).toContain('HTTP/1.1 404 Not Found')
  expect(answer).toContain('application/problem+json')
  expect(answer).toContain('"code":"route-not-found"')
})
