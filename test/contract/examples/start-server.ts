import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** A server of the test's own, on a free port. */
export interface Server {
  readonly port: number
  pause(): Promise<void>
  resume(): void
  kill(): Promise<void>
  /** On the same port, empty. */
  restart(): Promise<void>
}

/** `argumentsFor`: what the program is told, to listen on that port of 127.0.0.1 and to keep nothing. */
export async function startServer(
  program: string,
  argumentsFor: (port: number) => readonly string[],
): Promise<Server> {
  const port = await freePort()
  let child: ChildProcess | undefined
  const kill = async () => {
    const dying = child
    child = undefined
    if (dying === undefined || dying.exitCode !== null || dying.signalCode !== null) return
    const gone = once(dying, 'exit')
    dying.kill('SIGKILL')
    await gone
  }
  const restart = async () => {
    child = spawn(program, argumentsFor(port), { stdio: 'ignore' })
    await untilItListens(port)
  }
  process.once('exit', () => child?.kill('SIGKILL'))
  await restart()
  return {
    port,
    pause: async () => {
      child?.kill('SIGSTOP')
      // Of a program with threads each stops when it is next about to run.
      await sleep(50)
    },
    resume: () => void child?.kill('SIGCONT'),
    kill,
    restart,
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (typeof address !== 'object' || address === null) throw new Error('There is no free port')
  return address.port
}

async function untilItListens(port: number): Promise<void> {
  for (let attempt = 0; attempt < 400; attempt++) {
    const socket = connect(port, '127.0.0.1')
    const listens = await Promise.race([
      once(socket, 'connect').then(() => true),
      once(socket, 'error').then(
        () => false,
        () => false,
      ),
    ]).catch(() => false)
    socket.destroy()
    if (listens) return
    await sleep(25)
  }
  throw new Error(`Nothing listens on port ${port}`)
}
