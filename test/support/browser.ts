import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'

/** Root in a container has no sandbox to give; the rest keeps Chromium from talking to anybody but the page's server. */
const ARGS = [
  '--no-sandbox',
  '--headless',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** A Chromium without a window. Starting one takes a second: one for a file, and a page for each test. */
export function startBrowser(): Promise<Browser> {
  const executablePath = process.env.CHROMIUM
  if (executablePath === undefined)
    throw new Error('CHROMIUM is not set; the global setup of the tests does it')
  return chromium.launch({ executablePath, args: ARGS })
}

/** A page in a profile of its own, and everything about it that a visitor's console would complain of. */
export interface Visit {
  readonly page: Page
  /** Errors of scripts, messages in the console (violations of the policy too), and requests to any other host. */
  readonly complaints: readonly string[]
  close(): Promise<void>
}

export async function visit(
  browser: Browser,
  origin: string,
  options: BrowserContextOptions = {},
): Promise<Visit> {
  const context = await browser.newContext({ baseURL: origin, ...options })
  context.setDefaultTimeout(60_000)
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(`script: ${error.message}`))
  page.on('console', (message) => {
    // Hints to developers, as that a form should tell a user's name that its page does not know.
    if (String(message.type()) !== 'verbose') complaints.push(`console: ${message.text()}`)
  })
  page.on('request', (request) => {
    const { protocol, origin: to } = new URL(request.url())
    if (protocol !== 'data:' && to !== new URL(origin).origin) complaints.push(`request to ${request.url()}`)
  })
  return { page, complaints, close: () => context.close() }
}

/** Whether anything makes the page scroll sideways. */
export function sticksOut(page: Page): Promise<boolean> {
  return page.evaluate('document.documentElement.scrollWidth > document.documentElement.clientWidth')
}
