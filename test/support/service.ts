import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

/** A Marketflow in a process of its own, as a user runs it. */
export interface RunningService {
  readonly url: string
  readonly process: ChildProcess
  /** Every log line so far. */
  readonly log: readonly string[]
  /** Ends it as an operator does, and waits. Resolves with the exit code. */
  stop(): Promise<number | null>
  /** Ends it as a crash does. */
  kill(): Promise<void>
}

const REPOSITORY = new URL('../..', import.meta.url).pathname
/** What a process that a test starts has of this one’s environment. */
const INHERITED = {
  PATH: process.env.PATH,
  NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
  // Of the mutation run: which mistake the process makes.
  __STRYKER_ACTIVE_MUTANT__: process.env.__STRYKER_ACTIVE_MUTANT__,
}
const SECRET = 'a secret that every test instance shares'

/**
 * Starts the service with this environment on top of a neutral one (a free port, no demo data, no rate limits).
 * @throws Error with what it printed, when it ends before it listens
 */
export async function startService(
  env: Record<string, string>,
  entry = 'src/infrastructure/bin/main.ts',
): Promise<RunningService> {
  const child = spawn(process.execPath, [entry], {
    cwd: REPOSITORY,
    env: {
      ...INHERITED,
      PORT: '0',
      SEED_DEMO: 'false',
      RATE_LIMIT: 'off',
      JWT_SECRET: SECRET,
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const log: string[] = []
  const url = await listening(child, log)
  return {
    url,
    process: child,
    log,
    stop: () => end(child, 'SIGTERM'),
    kill: async () => {
      await end(child, 'SIGKILL')
    },
  }
}

/** Runs a command of the project to its end; `meanwhile` may do something to its process. */
export async function runToEnd(
  entry: string,
  args: readonly string[],
  env: Record<string, string>,
  meanwhile?: (child: ChildProcess) => Promise<void>,
): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, [entry, ...args], {
    cwd: REPOSITORY,
    env: { ...INHERITED, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  }
  const closed = once(child, 'close')
  await meanwhile?.(child)
  const [code] = await closed
  return { code, output }
}

async function listening(child: ChildProcess, log: string[]): Promise<string> {
  createInterface({ input: child.stderr! }).on('line', (line) => log.push(line))
  const lines = createInterface({ input: child.stdout! })
  const url = new Promise<string>((resolve) => {
    lines.on('line', (line) => {
      log.push(line)
      if (line.includes('"msg":"listening"')) resolve(JSON.parse(line).url)
    })
  })
  const ended = once(child, 'close').then(([code]) => {
    throw new Error(`The service ended with ${code} before it listened:\n${log.join('\n')}`)
  })
  // Only what comes first counts; later the process is expected to end.
  ended.catch(() => undefined)
  return Promise.race([url, ended])
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) {
    const closed = once(child, 'close')
    child.kill(signal)
    await closed
  }
  return child.exitCode
}
