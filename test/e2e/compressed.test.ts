import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { brotliDecompressSync } from 'node:zlib'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type RunningService, startService } from '../support/service.ts'

let service: RunningService
beforeAll(async () => {
  service = await startService({ DATA_DIR: 'memory', SEED_DEMO: 'true' })
})
afterAll(() => service.stop())

/** Without what `fetch` adds and undoes. */
async function read(path: string, headers: Record<string, string> = {}) {
  const [answer] = (await once(get(service.url + path, { headers }), 'response')) as [IncomingMessage]
  return { headers: answer.headers, body: await buffer(answer) }
}

it.each(['/', '/markets'])('%s is sent compressed to who asks for it', async (path) => {
  const plain = await read(path)
  expect(plain.headers['content-encoding']).toBeUndefined()
  for (const _ of ['by the long way', 'by the short one']) {
    const compressed = await read(path, { 'accept-encoding': 'br' })
    expect(compressed.headers['content-encoding']).toBe('br')
    expect(compressed.body.length).toBeLessThan(plain.body.length)
    expect(brotliDecompressSync(compressed.body)).toEqual(plain.body)
  }
})
