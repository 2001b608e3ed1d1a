import cluster from 'node:cluster'
import { METRICS_ANSWER, METRICS_QUESTION, STOP, WORKER_VARIABLE } from './messages.ts'

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

let questions = 0

/** The metrics of all workers, each marked with its number, as Prometheus text. */
export function clusterMetrics(): Promise<string> {
  const id = ++questions
  return new Promise((resolve, reject) => {
    const onMessage = (message: { type?: string; id?: number; text?: string; error?: string }) => {
      if (message?.type !== METRICS_ANSWER || message.id !== id) return
      process.off('message', onMessage)
      if (message.text === undefined) reject(new Error(message.error))
      else resolve(message.text)
    }
    process.on('message', onMessage)
    process.send!({ type: METRICS_QUESTION, id })
  })
}
