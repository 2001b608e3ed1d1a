import cluster, { type Worker } from 'node:cluster'
import type { Logger } from 'pino'
import { AggregatorRegistry } from 'prom-client'
import { resetWhatWasHandedOver } from './handover.ts'
import {
  COUNTS_ANSWER,
  COUNTS_QUESTION,
  METRICS_ANSWER,
  METRICS_QUESTION,
  STOP,
  WORKER_VARIABLE,
} from './messages.ts'

/** A worker that keeps dying is started again after twice as long each time, in ms. */
const FIRST_PAUSE_MS = 100
const LONGEST_PAUSE_MS = 10_000
/** A worker that lived this long is no longer one that keeps dying. */
const STEADY_MS = 60_000
/** How long a worker may take to say what it counts, in ms: one that is stopped keeps nothing of the others back. */
const COUNTS_MS = 2_000

/**
 * Runs several processes on one port. Each is an instance like any other, with a cache, a lease and connections of its
 * own; this process only shares out connections, starts a worker again that died, and adds up their metrics.
 */
export class Supervisor {
  readonly #logger: Logger
  readonly #slots = new Map<number, Worker>()
  /** Those that listen; one that starts has nothing to tell yet. */
  readonly #listening = new Set<Worker>()
  #questions = 0
  #stopping = false

  constructor(logger: Logger) {
    this.#logger = logger
  }

  /**
   * Resolves with the exit code once every worker has ended.
   * The first worker starts alone, so that one migrates and fills an empty database, and what keeps it from starting is told once.
   */
  async run(count: number): Promise<number> {
    // Structured clone: metrics may be infinite, which JSON cannot say.
    cluster.setupPrimary({ serialization: 'advanced' })
    cluster.on('message', (worker, message) => {
      if (message?.type === METRICS_QUESTION) this.#answerMetrics(worker, message.id)
    })
    if (this.#stopping) return 0
    const first = this.#fork(1)
    const failed = await failedStart(first)
    if (failed !== undefined) return failed
    const slots = Array.from({ length: this.#stopping ? 1 : count }, (_, i) => i + 1)
    const codes = slots.map((slot) => this.#keepAlive(slot, slot === 1 ? first : this.#fork(slot)))
    return Math.max(...(await Promise.all(codes)))
  }

  /** Lets every worker end its requests and confirm their writes. A second call does not wait for that. */
  stop(): void {
    for (const worker of this.#slots.values()) {
      if (this.#stopping) worker.process.kill('SIGKILL')
      else if (worker.isConnected()) worker.send(STOP)
    }
    this.#stopping = true
  }

  #fork(slot: number): Worker {
    const worker = cluster.fork({ [WORKER_VARIABLE]: String(slot) })
    worker.on('error', (error) =>
      this.#logger.error({ worker: slot, err: error }, 'a worker cannot be reached'),
    )
    resetWhatWasHandedOver(worker)
    worker.on('listening', (address) => isPort(address) && this.#listening.add(worker))
    worker.once('exit', () => this.#listening.delete(worker))
    this.#slots.set(slot, worker)
    return worker
  }

  /** Resolves with the exit code of the slot's last worker. */
  async #keepAlive(slot: number, worker: Worker): Promise<number> {
    let pauseMs = FIRST_PAUSE_MS
    for (;;) {
      const start = performance.now()
      const { code, signal } = await endOf(worker)
      this.#slots.delete(slot)
      if (this.#stopping) return code
      if (performance.now() - start > STEADY_MS) pauseMs = FIRST_PAUSE_MS
      this.#logger.error({ worker: slot, code, signal, pauseMs }, 'a worker died; another takes its place')
      await new Promise((resolve) => setTimeout(resolve, pauseMs))
      if (this.#stopping) return code
      pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)
      worker = this.#fork(slot)
    }
  }

  #answerMetrics(worker: Worker, id: number): void {
    const answer = (result: object) => {
      if (worker.isConnected()) worker.send({ type: METRICS_ANSWER, id, ...result })
    }
    this.#metricsOfAll().then(
      (text) => answer({ text }),
      (error: Error) => answer({ error: error.message }),
    )
  }

  /** What those tell that can, as Prometheus text; of a worker that cannot, its series are missing. */
  async #metricsOfAll(): Promise<string> {
    const told = await Promise.all(
      Array.from(this.#listening, (worker) => countsOf(worker, ++this.#questions)),
    )
    return AggregatorRegistry.aggregate(told.filter((counts) => counts !== undefined)).metrics()
  }
}

/** The operator's socket is a path, and is listened on before the port is. */
function isPort({ addressType }: { readonly addressType: number | string }): boolean {
  return addressType === 4 || addressType === 6
}

/** Resolves with undefined when the worker ends first, or does not answer. */
function countsOf(worker: Worker, id: number): Promise<object[] | undefined> {
  const { promise, resolve } = Promise.withResolvers<object[] | undefined>()
  const giveUp = () => resolve(undefined)
  const onMessage = (message: { type?: string; id?: number; counts?: object[] }) => {
    if (message?.type === COUNTS_ANSWER && message.id === id) resolve(message.counts)
  }
  const timer = setTimeout(giveUp, COUNTS_MS)
  worker.on('message', onMessage).once('exit', giveUp)
  worker.send({ type: COUNTS_QUESTION, id }, (error) => error && giveUp())
  return promise.finally(() => {
    clearTimeout(timer)
    worker.off('message', onMessage).off('exit', giveUp)
  })
}

/** Resolves with undefined once the worker listens, or with its exit code when it ends before. */
function failedStart(worker: Worker): Promise<number | undefined> {
  return Promise.race([
    new Promise<undefined>((resolve) => {
      worker.on('listening', (address) => isPort(address) && resolve(undefined))
    }),
    endOf(worker).then(({ code }) => code),
  ])
}

/** What became of a worker; one that could not even be forked never exits. Any other error is not its end. */
function endOf(worker: Worker): Promise<{ code: number; signal?: string }> {
  return new Promise((resolve) => {
    worker.once('exit', (code: number | null, signal) => resolve({ code: code ?? 1, signal }))
    worker.on('error', () => worker.process.pid === undefined && resolve({ code: 1 }))
  })
}
