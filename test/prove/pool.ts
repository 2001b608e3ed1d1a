import { type ChildProcess, fork } from 'node:child_process'
import { availableParallelism } from 'node:os'
import type { Job, JobResult } from './job.ts'

const WORKER = new URL('worker.ts', import.meta.url)

const workers = new Set<ChildProcess>()

/** A search of millions of states hears of nothing else meanwhile, so no worker is asked. */
export function endWorkers(): void {
  for (const worker of workers) worker.kill('SIGKILL')
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
      const worker = fork(WORKER, { serialization: 'advanced' })
      workers.add(worker)
      try {
        for (let job = queue.shift(); job !== undefined; job = queue.shift()) {
          if (!done(job, await perform(worker, job))) queue.length = 0
        }
      } finally {
        worker.disconnect()
        workers.delete(worker)
      }
    }),
  )
}

function perform(worker: ChildProcess, job: Job): Promise<JobResult> {
  return new Promise((resolve, reject) => {
    const died = (code: number | null) => reject(new Error(`${JSON.stringify(job)} ended with ${code}`))
    worker.once('exit', died)
    worker.once('message', (result: JobResult) => {
      worker.off('exit', died)
      resolve(result)
    })
    worker.send(job)
  })
}
