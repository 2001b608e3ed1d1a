import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it } from 'vitest'
import { TestApi } from './harness.ts'

it('cached reads that come in one turn of the event loop are begun when all of them have come', async () => {
  const api = await TestApi.start()
  // The first one goes through Express, which remembers what it asks for.
  await (await api.fetch('/markets')).text()
  api.calls.length = 0
  const begun: number[] = []
  const waiting: [IncomingMessage, ServerResponse][] = []
  const server = createServer((req, res) => {
    waiting.push([req, res])
    if (waiting.length < 2) return
    for (const each of waiting) {
      api.app(...each)
      begun.push(api.calls.length)
    }
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/markets`
  const answers = await Promise.all([fetch(url), fetch(url)])
  expect(await Promise.all(answers.map((answer) => answer.text()))).toEqual([
    '{"fake":true}',
    '{"fake":true}',
  ])
  expect(begun).toEqual([0, 0])
  expect(api.calls).toHaveLength(2)
  server.closeAllConnections()
  server.close()
  await api.close()
})
