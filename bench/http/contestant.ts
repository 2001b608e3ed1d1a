import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../../test/support/redis.ts'

const REPOSITORY = new URL('../..', import.meta.url).pathname
const TELLS_CPU = new URL('tells-cpu.ts', import.meta.url).href
/** A minute of patience: on a busy machine a server takes long to start, and that is no collapse. */
const ATTEMPTS = 2400
const BETWEEN_ATTEMPTS_MS = 25

const running = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

/** A server in a process of its own, found at `url` while it runs. */
export interface Running {
  readonly url: string
  /** What the process has used of the CPUs so far, in µs: its own and the kernel's work for it. */
  cpuUs(): Promise<number>
  /** What the process answers to a message, where it was started with a module that answers it. */
  ask(message: string): Promise<unknown>
  stop(): Promise<void>
  /** As a crash does. */
  kill(): Promise<void>
}

/**
 * Starts a server that listens on `PORT`, with `modules` imported before it; resolves when it answers at all.
 * @throws Error when it ends before that, or never answers
 */
export async function run(
  entry: string,
  env: Record<string, string>,
  modules: readonly string[] = [],
): Promise<Running> {
  const port = await freePort()
  const imports = [TELLS_CPU, ...modules].flatMap((module) => ['--import', module])
  const child = spawn(process.execPath, [...imports, entry], {
    cwd: REPOSITORY,
    env: { PATH: process.env.PATH, NODE_ENV: 'production', PORT: String(port), ...env },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  running.add(child)
  const url = `http://127.0.0.1:${port}`
  const endBy = (signal: NodeJS.Signals) => async () => {
    await end(child, signal)
    running.delete(child)
  }
  const stop = endBy('SIGTERM')
  try {
    await untilItAnswers(`${url}/healthz`, child)
    return {
      url,
      stop,
      kill: endBy('SIGKILL'),
      cpuUs: () => cpuUs(child),
      ask: (message) => ask(child, message),
    }
  } catch (error) {
    await stop()
    throw error
  }
}

async function cpuUs(child: ChildProcess): Promise<number> {
  const { user, system } = (await ask(child, 'cpu')) as NodeJS.CpuUsage
  return user + system
}

async function ask(child: ChildProcess, message: string): Promise<unknown> {
  const told = once(child, 'message')
  child.send(message)
  const [answer] = await told
  return answer
}

async function untilItAnswers(url: string, child: ChildProcess): Promise<void> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (child.exitCode !== null) throw new Error(`The server ended with ${child.exitCode}`)
    try {
      await (await fetch(url)).arrayBuffer()
      return
    } catch {
      await sleep(BETWEEN_ATTEMPTS_MS)
    }
  }
  throw new Error('The server does not answer')
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill(signal)
  await gone
}
