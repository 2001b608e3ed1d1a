import cluster, { type Worker } from 'node:cluster'
import { EventEmitter } from 'node:events'
import { pino } from 'pino'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import {
  COUNTS_ANSWER,
  COUNTS_QUESTION,
  METRICS_ANSWER,
  METRICS_QUESTION,
} from '../../../src/infrastructure/workers/messages.ts'
import { Supervisor } from '../../../src/infrastructure/workers/supervisor.ts'

/** As much of a worker as its supervisor sees; a test says what becomes of it. */
class FakeWorker extends EventEmitter {
  readonly process: EventEmitter & { pid: number | undefined; send: unknown }
  /** What it was sent, unless it is not connected. */
  readonly sent: { type: string; id: number }[] | undefined

  constructor(pid: number | undefined, connected: boolean) {
    super()
    this.sent = connected ? [] : undefined
    const send = pid === undefined ? undefined : () => true
    this.process = Object.assign(new EventEmitter(), { pid, send })
  }

  isConnected(): boolean {
    return this.sent !== undefined
  }

  send(message: { type: string; id: number }): void {
    this.sent?.push(message)
  }
}

/** The pids that the next forks come to; undefined: there is none to be had. */
let pids: (number | undefined)[]
let connected: boolean
let forked: FakeWorker[]
let log: string[]
let supervisor: Supervisor

beforeEach(() => {
  connected = false
  forked = []
  log = []
  vi.spyOn(cluster, 'fork').mockImplementation(() => {
    const worker = new FakeWorker(pids.shift(), connected)
    forked.push(worker)
    return worker as unknown as Worker
  })
  supervisor = new Supervisor(pino({}, { write: (line) => void log.push(JSON.parse(line).msg) }))
})

afterEach(() => {
  vi.restoreAllMocks()
  vi.useRealTimers()
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

it('starts no worker when it was told to stop before', async () => {
  supervisor.stop()
  expect(await supervisor.run(2)).toBe(0)
  expect(forked).toEqual([])
})

it('adds up the metrics of the workers that listen and answer, without those that start, end or hang', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  connected = true
  pids = [1001, 1002, 1003, 1004]
  const running = supervisor.run(4)
  forked[0]!.emit('listening', { addressType: 4 })
  await new Promise(setImmediate)
  const [asked, ending, hanging, starting] = forked as [FakeWorker, FakeWorker, FakeWorker, FakeWorker]
  for (const worker of [ending, hanging]) worker.emit('listening', { addressType: 4 })
  starting.emit('listening', { addressType: -1 })
  cluster.emit('message', asked as unknown as Worker, { type: METRICS_QUESTION, id: 7 }, undefined)
  const { id } = asked.sent!.find(({ type }) => type === COUNTS_QUESTION)!
  const writes = { name: 'writes', help: 'Writes', type: 'counter', aggregator: 'sum' }
  asked.emit('message', {
    type: COUNTS_ANSWER,
    id,
    counts: [{ ...writes, values: [{ value: 3, labels: { worker: '1' } }] }],
  })
  ending.emit('exit', null, 'SIGKILL')
  expect(starting.sent).toEqual([])
  vi.advanceTimersByTime(2_000)
  await new Promise(setImmediate)
  const answer = asked.sent!.find(({ type }) => type === METRICS_ANSWER)
  expect(answer).toMatchObject({ id: 7, text: expect.stringContaining('writes{worker="1"} 3') })
  supervisor.stop()
  for (const worker of forked) worker.emit('exit', 0, null)
  vi.runAllTimers()
  await running
})
