/** The load generator, in a process of its own: puts load on a page when it is told to, and answers with what it saw. */
import autocannon from 'autocannon'
import { quantile } from '../support/statistics.ts'
import type { Load, Seen } from './load.ts'

process.on(
  'message',
  ({ url, connections, seconds, headers = {}, expectedBody, stepMs }: Load & { url: string }) => {
    // autocannon's own figures are whole milliseconds, which is the difference here.
    const latencies: number[] = []
    const steps: number[] = []
    const began = performance.now()
    const run = autocannon(
      { url, connections, duration: seconds, headers, expectBody: expectedBody },
      (error, { requests, duration, errors, timeouts, non2xx, mismatches }) => {
        if (error !== null) throw error
        if (latencies.length === 0) throw new Error(`${url} answered nothing`)
        const seen: Seen = {
          answers: requests.total,
          seconds: duration,
          p50: quantile(latencies, 0.5),
          p99: quantile(latencies, 0.99),
          p999: quantile(latencies, 0.999),
          longest: latencies.reduce((longest, ms) => Math.max(longest, ms)),
          steps,
          wrong: { errors, timeouts, 'without 2xx': non2xx, 'other bodies': mismatches },
        }
        process.send?.(seen)
      },
    )
    run.on('response', (_client: unknown, _status: number, _bytes: number, ms: number) => {
      latencies.push(ms)
      if (stepMs === undefined) return
      const step = Math.floor((performance.now() - began) / stepMs)
      while (steps.length <= step) steps.push(0)
      steps[step]! += 1
    })
  },
)
