import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
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

it('a process that ends waits a moment for its output to be read: no line is lost, and all are in their order', async () => {
  const script = `
    const { createLogger } = await import(process.argv[1])
    const logger = createLogger('info')
    for (let line = 0; line < 400; line++) logger.info({ line }, 'x'.repeat(1000))
    process.send('ends', () => process.exit(0))`
  child = spawn(process.execPath, ['--input-type=module', '-e', script, LOGGER], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  })
  await once(child, 'message')
  const lines = (await text(child.stdout!)).trimEnd().split('\n')
  expect(lines.map((each) => JSON.parse(each).line)).toEqual(Array.from({ length: 400 }, (_, line) => line))
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

it('lines of workers that share a standard output stay whole, however slowly it is read', async () => {
  const worker = `
    const { createLogger } = await import(process.argv[1])
    const logger = createLogger('info')
    for (let i = 0; i < 5000; i++) {
      logger.info({ text: 'x'.repeat(i % 700) }, 'line')
      if (i % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 1))
    }`
  const supervisor = `
    const { spawn } = await import('node:child_process')
    const worker = ['--input-type=module', '-e', process.argv[1], process.argv[2]]
    for (let i = 0; i < 3; i++) spawn(process.execPath, worker, { stdio: ['ignore', 1, 2] })`
  // A pipe of the shell's: what Node gives its children are sockets, which take a write as one.
  const piped = '"$0" --input-type=module -e "$1" "$2" "$3" | cat'
  child = spawn('sh', ['-c', piped, process.execPath, supervisor, worker, LOGGER], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  for await (const chunk of child.stdout!.setEncoding('utf8')) {
    output += chunk
    await sleep(5)
  }
  const lines = output.trimEnd().split('\n')
  expect(lines.filter((line) => !/^\{"level":30,"time":\d+,[^{]*,"msg":"line"\}$/.test(line))).toEqual([])
  expect(lines.length).toBe(15_000)
})

it('a process whose log has no room on its disk goes on, and ends when it should', async () => {
  const script = `
    const { createLogger } = await import(process.argv[1])
    const logger = createLogger('info')
    logger.warn('first')
    await new Promise((resolve) => setTimeout(resolve, 300))
    logger.warn('second')
    process.exit(0)`
  // With no block left for a file, it is made and nothing can be written to it.
  const limited = `trap '' XFSZ; ulimit -f 0 && exec "$0" --input-type=module -e "$1" "$2" > "$3"`
  const directory = mkdtempSync(join(tmpdir(), 'marketflow-log-'))
  const file = join(directory, 'log')
  child = spawn('sh', ['-c', limited, process.execPath, script, LOGGER, file], { stdio: 'ignore' })
  expect(await once(child, 'exit')).toEqual([0, null])
  expect(readFileSync(file, 'utf8')).toBe('')
  rmSync(directory, { recursive: true })
})

it('what a full disk has refused is written with the next lines once there is room, also at the end', async () => {
  const script = `
    import fs from 'node:fs'
    const { write } = fs
    let full = true
    fs.write = (fd, data, encoding, callback = encoding) => full
      ? setImmediate(callback, Object.assign(new Error('no space left'), { code: 'ENOSPC' }))
      : write(fd, data, encoding, callback)
    const { createLogger } = await import(process.argv[1])
    const logger = createLogger('info')
    logger.warn('first')
    await new Promise((resolve) => setTimeout(resolve, 50))
    full = false
    logger.warn('second')
    await new Promise((resolve) => setTimeout(resolve, 50))
    logger.info('third')
    process.exit(0)`
  child = spawn(process.execPath, ['--input-type=module', '-e', script, LOGGER], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const lines = (await text(child.stdout!)).trimEnd().split('\n')
  expect(lines.map((line) => JSON.parse(line).msg)).toEqual(['first', 'second', 'third'])
})
