import cluster, { type Worker } from 'node:cluster'
import { EventEmitter } from 'node:events'
import { pino } from 'pino'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { Supervisor } from '../../../src/infrastructure/workers/supervisor.ts'

/** As much of a worker as its supervisor sees; a test says what becomes of it. */
class FakeWorker extends EventEmitter {
  readonly process: EventEmitter & { pid: number | undefined; send: unknown }

  constructor(pid: number | undefined) {
    super()
    const send = pid === undefined ? undefined : () => true
    this.process = Object.assign(new EventEmitter(), { pid, send })
  }

  isConnected(): boolean {
    return false
  }
}

/** The pids that the next forks come to; undefined: there is none to be had. */
let pids: (number | undefined)[]
let forked: FakeWorker[]
let log: string[]
let supervisor: Supervisor

beforeEach(() => {
  forked = []
  log = []
  vi.spyOn(cluster, 'fork').mockImplementation(() => {
    const worker = new FakeWorker(pids.shift())
    forked.push(worker)
    return worker as unknown as Worker
  })
  supervisor = new Supervisor(pino({}, { write: (line) => void log.push(JSON.parse(line).msg) }))
})

afterEach(() => {
  vi.restoreAllMocks()
  cluster.removeAllListeners('message')
})

const another = (count: number) => vi.waitFor(() => expect(forked).toHaveLength(count))

/** Ends the last one as a supervisor that was told to stop expects it. */
async function stop(running: Promise<number>): Promise<void> {
  supervisor.stop()
  forked.at(-1)!.emit('exit', 0, null)
  expect(await running).toBe(0)
}

it('tries again when a worker cannot be forked', async () => {
  pids = [1001, undefined, 1003]
  const running = supervisor.run(1)
  forked[0]!.emit('listening', { addressType: 4 })
  await new Promise(setImmediate)
  forked[0]!.emit('exit', null, 'SIGKILL')
  await another(2)
  forked[1]!.emit('error', new Error('spawn EAGAIN'))
  await another(3)
  expect(log).toEqual(['a worker died; another takes its place', 'a worker cannot be reached', log[0]])
  await stop(running)
})

it('waits for the end of a worker whose channel has an error, and then replaces it', async () => {
  pids = [1001, 1002]
  const running = supervisor.run(1)
  forked[0]!.emit('listening', { addressType: 4 })
  await new Promise(setImmediate)
  forked[0]!.emit('error', new Error('write EPIPE'))
  await new Promise(setImmediate)
  expect(log).toEqual(['a worker cannot be reached'])
  forked[0]!.emit('exit', 1, null)
  await another(2)
  await stop(running)
})

it('gives up when the first worker cannot be forked', async () => {
  pids = [undefined]
  const running = supervisor.run(2)
  forked[0]!.emit('error', new Error('spawn EAGAIN'))
  expect(await running).toBe(1)
  expect(forked).toHaveLength(1)
  expect(log).toEqual(['a worker cannot be reached'])
})

it('gives up when the first worker ends before it listens on the port, though its socket was open', async () => {
  pids = [1001]
  const running = supervisor.run(2)
  forked[0]!.emit('listening', { addressType: -1 })
  await new Promise(setImmediate)
  forked[0]!.emit('exit', 78, null)
  expect(await running).toBe(78)
  expect(forked).toHaveLength(1)
})
