import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, it } from 'vitest'
import { startService } from '../support/service.ts'

it('a second signal ends a service at once that waits for a request to end', async () => {
  const service = await startService({ DATA_DIR: 'memory' })
  const socket = connect(Number(new URL(service.url).port), '127.0.0.1').on('error', () => {})
  try {
    // A body that never comes: its request is under way for as long as a slow client may take.
    socket.write(
      'POST /auth/login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n',
    )
    socket.write('{')
    await expect.poll(async () => (await fetch(`${service.url}/healthz`)).status).toBe(200)
    const ended = once(service.process, 'exit')
    service.process.kill('SIGTERM')
    await expect.poll(() => service.log.some((line) => line.includes('"stopping"'))).toBe(true)
    service.process.kill('SIGINT')
    expect(await ended).toEqual([1, null])
  } finally {
    socket.destroy()
    await service.kill()
  }
})
