import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { afterEach, expect, it } from 'vitest'

const LOGGER = new URL('../../../src/infrastructure/observability/logger.ts', import.meta.url).pathname
const LINES = 20_000

let child: ChildProcess
afterEach(() => void child.kill('SIGKILL'))

/** A process that has logged far more than a pipe and its own queue hold, and ends at SIGTERM as the service does. */
async function loggingUnread(): Promise<ChildProcess> {
  const script = `
    const { createLogger } = await import(process.argv[1])
    const logger = createLogger('info')
    process.on('SIGTERM', () => process.exit(0))
    for (let i = 0; i < ${LINES}; i++) {
      logger.info('x'.repeat(1000))
      if (i % 100 === 0) await new Promise(setImmediate)
    }
    process.send('logged')`
  child = spawn(process.execPath, ['--input-type=module', '-e', script, LOGGER], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  })
  await once(child, 'message')
  return child
}

it('a process whose standard output is not read ends at SIGTERM', async () => {
  const logging = await loggingUnread()
  logging.kill('SIGTERM')
  expect(await once(logging, 'exit')).toEqual([0, null])
})

it('lines that wait for a standard output that is not read are bounded, and those dropped are counted', async () => {
  const logging = await loggingUnread()
  let output = ''
  logging.stdout!.setEncoding('utf8').on('data', (chunk: string) => {
    output += chunk
  })
  await expect.poll(() => output).toMatch(/"dropped":\d+.*\n$/)
  const lines = output
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  const { dropped } = lines.at(-1)
  expect(dropped).toBeGreaterThan(LINES / 2)
  expect(lines.length - 1 + dropped).toBe(LINES)
})

it('a process that ends has written its last lines, though lines wait to leave together', async () => {
  const script = `
    const { createLogger } = await import(process.argv[1])
    const logger = createLogger('info')
    logger.info('last but one')
    logger.info('last')
    process.exit(0)`
  child = spawn(process.execPath, ['--input-type=module', '-e', script, LOGGER], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const output = await text(child.stdout!)
  expect(
    output
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).msg),
  ).toEqual(['last but one', 'last'])
})

it('a warning is handed over at once, also while lines before it are on their way', async () => {
  // No timer comes to write what was not handed over.
  const script = `
    const { createLogger } = await import(process.argv[1])
    const logger = createLogger('info')
    globalThis.setTimeout = () => ({ unref() {} })
    logger.warn('first')
    logger.info('between')
    logger.warn('second')
    setInterval(() => {}, 1000)`
  child = spawn(process.execPath, ['--input-type=module', '-e', script, LOGGER], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  child.stdout!.setEncoding('utf8').on('data', (chunk: string) => {
    output += chunk
  })
  await expect.poll(() => output).toContain('second')
  expect(output).toContain('between')
})
