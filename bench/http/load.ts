import { execFile } from 'node:child_process'
import { createRequire } from 'node:module'
import { promisify } from 'node:util'

const AUTOCANNON = createRequire(import.meta.url).resolve('autocannon')

export interface Throughput {
  /** Answers per second. */
  readonly perSecond: number
  /** Latencies in ms. */
  readonly p50: number
  readonly p99: number
}

interface Result {
  readonly requests: { readonly average: number }
  readonly latency: { readonly p50: number; readonly p99: number }
  readonly errors: number
  readonly timeouts: number
  readonly non2xx: number
  readonly mismatches: number
}

export interface Load {
  readonly connections: number
  readonly seconds: number
  /** Compares every answer's body with this one, which slows the generator down. */
  readonly expectedBody?: string
}

/**
 * Puts load on a page from a process of its own.
 * @throws Error when any answer is an error, or not the expected body
 */
export async function load(url: string, { connections, seconds, expectedBody }: Load): Promise<Throughput> {
  const args = ['--json', '--connections', String(connections), '--duration', String(seconds)]
  if (expectedBody !== undefined) args.push('--expectBody', expectedBody)
  args.push(url)
  const { stdout } = await promisify(execFile)(process.execPath, [AUTOCANNON, ...args])
  const { requests, latency, errors, timeouts, non2xx, mismatches }: Result = JSON.parse(stdout)
  if (errors + timeouts + non2xx + mismatches > 0) {
    throw new Error(
      `${url}: ${errors} errors, ${timeouts} timeouts, ${non2xx} without 2xx, ${mismatches} other bodies`,
    )
  }
  return { perSecond: requests.average, p50: latency.p50, p99: latency.p99 }
}
