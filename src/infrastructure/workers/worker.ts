import cluster from 'node:cluster'
import {
  COUNTS_ANSWER,
  COUNTS_QUESTION,
  METRICS_ANSWER,
  METRICS_QUESTION,
  STOP,
  WORKER_VARIABLE,
} from './messages.ts'

/** Counted from 1; undefined in a process that runs alone. */
export function workerSlot(env: NodeJS.ProcessEnv): number | undefined {
  return cluster.isWorker ? Number(env[WORKER_VARIABLE]) : undefined
}

/** Calls `stop` when the supervisor says so, or is gone. */
export function onSupervisorStop(stop: () => void): void {
  process.on('message', (message) => {
    if (message === STOP) stop()
  })
  process.on('disconnect', stop)
}

/** Tells the supervisor what this worker counts, when it asks. */
export function onCountsQuestion(counts: () => Promise<object[]>): void {
  process.on('message', async (message: { type?: string; id?: number }) => {
    if (message?.type !== COUNTS_QUESTION) return
    const answer = { type: COUNTS_ANSWER, id: message.id, counts: await counts() }
    // It may be gone by now, which is told elsewhere.
    process.send?.(answer, () => undefined)
  })
}

/** How long the supervisor may take, in ms: it waits 2 s for its workers, and Prometheus 10 s for us. */
const PATIENCE_MS = 6_000

let questions = 0

/**
 * The metrics of all workers, each marked with its number, as Prometheus text.
 * @throws Error what the supervisor said, or that it does not answer
 */
export async function clusterMetrics(): Promise<string> {
  const id = ++questions
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const onMessage = (message: { type?: string; id?: number; text?: string; error?: string }) => {
    if (message?.type !== METRICS_ANSWER || message.id !== id) return
    if (message.text === undefined) reject(new Error(message.error))
    else resolve(message.text)
  }
  const timer = setTimeout(() => reject(new Error('The supervisor does not answer')), PATIENCE_MS)
  process.on('message', onMessage)
  try {
    process.send!({ type: METRICS_QUESTION, id }, (error: Error | null) => error && reject(error))
    return await promise
  } finally {
    clearTimeout(timer)
    process.off('message', onMessage)
  }
}
