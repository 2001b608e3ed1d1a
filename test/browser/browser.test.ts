import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startBrowser, visit } from '../support/browser.ts'

let browser: Browser
let server: Server
let origin: string

beforeAll(async () => {
  server = createServer((req, res) => {
    res.writeHead(200, {
      'Content-Type': 'text/html',
      'Content-Security-Policy': "default-src 'self' http://127.0.0.2",
    })
    res.end(req.url === '/' ? PAGE : '')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  browser = await startBrowser()
})

afterAll(async () => {
  await browser?.close()
  server?.close()
})

const PAGE =
  '<!doctype html><title>A page</title><h1>Here</h1><img src="http://127.0.0.2:9/pixel" alt="">' +
  '<script>document.title = "Never"</script>'

it('a visit sees the page, and hears of other hosts and of what the policy forbids', async () => {
  const { page, complaints, close } = await visit(browser, origin)
  await page.goto('/')
  expect(await page.title()).toBe('A page')
  expect(complaints).toEqual(
    expect.arrayContaining([
      'request to http://127.0.0.2:9/pixel',
      expect.stringMatching(/^console: .*Content Security Policy/),
    ]),
  )
  await close()
})
