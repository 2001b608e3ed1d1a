import { type ChildProcess, fork } from 'node:child_process'
import { availableParallelism } from 'node:os'
import type { Job, JobResult } from './job.ts'

const WORKER = new URL('worker.ts', import.meta.url)

const workers = new Set<Worker>()

/** A search of millions of states hears of nothing else meanwhile, so no worker is asked. */
export function endWorkers(): void {
  for (const worker of workers) worker.kill()
}

/** Does the jobs in order, one per core at a time, each core in a process of its own. `done` returns false to stop. */
export async function onEveryCore(
  jobs: readonly Job[],
  done: (job: Job, result: JobResult) => boolean,
): Promise<void> {
  const queue = [...jobs]
  const cores = Math.min(availableParallelism(), queue.length)
  await Promise.all(
    Array.from({ length: cores }, async () => {
      const worker = new Worker()
      try {
        for (let job = queue.shift(); job !== undefined; job = queue.shift()) {
          if (!done(job, await worker.perform(job))) queue.length = 0
        }
      } finally {
        worker.close()
      }
    }),
  )
}

/** A process that does one job at a time. */
export class Worker {
  // The parent's options are none of its own: vitest has a loader there.
  readonly #process: ChildProcess = fork(WORKER, { serialization: 'advanced', execArgv: [] })

  constructor() {
    workers.add(this)
  }

  perform(job: Job): Promise<JobResult> {
    return new Promise((resolve, reject) => {
      const died = (code: number | null) => reject(new Error(`${JSON.stringify(job)} ended with ${code}`))
      // One that died over the job before tells of no exit any more.
      if (!this.#process.connected) return died(this.#process.exitCode)
      this.#process.once('exit', died)
      this.#process.once('message', (result: JobResult) => {
        this.#process.off('exit', died)
        resolve(result)
      })
      this.#process.send(job)
    })
  }

  /** It ends when its job is done. */
  close(): void {
    if (this.#process.connected) this.#process.disconnect()
    workers.delete(this)
  }

  kill(): void {
    this.#process.kill('SIGKILL')
    workers.delete(this)
  }
}
