import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { Redis } from 'ioredis'

/** A Redis server of the test's own, on a free port, without persistence unless `args` ask for it. */
export interface TestRedis {
  readonly url: string
  readonly port: number
  /** Sends one command and gives its answer, over a connection of its own. */
  cli(command: string, ...args: (string | number)[]): Promise<unknown>
  /** SIGSTOP: it accepts connections, and answers nothing. */
  pause(): void
  resume(): void
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>
  /** Starts it again, empty, on the same port. */
  restart(): Promise<void>
  /** Ends it for good, and deletes its files. */
  stop(): Promise<void>
}

export interface RedisArgs {
  readonly args?: readonly string[]
  /** A port that was reserved by `freePort`. */
  readonly port?: number
  /** False: it is only prepared; `restart()` starts it. */
  readonly running?: boolean
}

export async function startRedis({ args = [], port, running = true }: RedisArgs = {}): Promise<TestRedis> {
  const binary = await redisBinary()
  let chosen = port ?? (await freePort())
  const directory = await mkdtemp(join(tmpdir(), 'marketflow-redis-'))
  const always = ['--dir', directory, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', ...args]
  let child: ChildProcess | undefined

  async function restart(): Promise<void> {
    child = spawn(binary, ['--port', String(chosen), ...always], { stdio: 'ignore' })
    await untilItAnswers(chosen, child)
  }

  async function kill(): Promise<void> {
    const dying = child
    child = undefined
    if (dying === undefined || dying.exitCode !== null || dying.signalCode !== null) return
    const gone = once(dying, 'exit')
    dying.kill('SIGKILL')
    await gone
  }

  // A stopped process outlives a test run that is cut short, unless it is told.
  const killAtExit = () => void child?.kill('SIGKILL')
  process.once('exit', killAtExit)
  // Another process may have taken the port since it was free, or the one above it that a cluster's bus has.
  for (let others = port === undefined ? 4 : 0; running; others--) {
    try {
      await restart()
      break
    } catch (error) {
      if (others === 0) throw error
      chosen = await freePort()
    }
  }
  return {
    url: `redis://127.0.0.1:${chosen}`,
    port: chosen,
    cli: (name, ...rest) => ask(chosen, name, ...rest),
    pause: () => void child?.kill('SIGSTOP'),
    resume: () => void child?.kill('SIGCONT'),
    kill,
    restart,
    stop: async () => {
      await kill()
      process.off('exit', killAtExit)
      await rm(directory, { recursive: true, force: true })
    },
  }
}

/** A port that no process listens on now; below 55536, so that there is one for a cluster's bus, 10,000 above it. */
export async function freePort(): Promise<number> {
  for (;;) {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    server.close()
    await once(server, 'close')
    if (typeof address === 'object' && address !== null && address.port < 55_536) return address.port
  }
}

async function redisBinary(): Promise<string> {
  const binary = process.env.REDIS_SERVER ?? 'redis-server'
  try {
    await promisify(execFile)(binary, ['--version'])
    return binary
  } catch (cause) {
    throw new Error(
      `These tests start their own Redis, and \`${binary}\` does not run. Install it (apt install redis-server, ` +
        'brew install redis) or name it in REDIS_SERVER.',
      { cause },
    )
  }
}

async function untilItAnswers(port: number, child: ChildProcess): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    if (child.exitCode !== null) throw new Error(`redis-server on port ${port} ended with ${child.exitCode}`)
    try {
      await ask(port, 'PING')
      return
    } catch {
      await sleep(25)
    }
  }
  throw new Error(`redis-server on port ${port} does not answer`)
}

async function ask(port: number, command: string, ...args: (string | number)[]): Promise<unknown> {
  const client = new Redis({ port, lazyConnect: true, retryStrategy: null, enableReadyCheck: false })
  client.on('error', () => {})
  try {
    await client.connect()
    return await client.call(command, ...args)
  } finally {
    client.disconnect()
  }
}
