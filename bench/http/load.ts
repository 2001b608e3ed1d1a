import { fork } from 'node:child_process'
import { once } from 'node:events'

const GENERATOR = new URL('generator.ts', import.meta.url)

export interface Load {
  readonly connections: number
  readonly seconds: number
  readonly headers?: Readonly<Record<string, string>>
  /** Compares every answer's body with this one, which slows the generator down. */
  readonly expectedBody?: string
  /** Counts the answers in steps of so many ms. */
  readonly stepMs?: number
}

export interface Throughput {
  readonly answers: number
  readonly seconds: number
  /** Latencies in ms. */
  readonly p50: number
  readonly p99: number
  readonly p999: number
  readonly longest: number
  /** Answers in each step, from the beginning on, if steps were asked for. */
  readonly steps: readonly number[]
}

export interface Seen extends Throughput {
  /** How many answers were wrong, by what was wrong with them. */
  readonly wrong: Record<string, number>
}

/** A process that makes load, one at a time. */
export class LoadGenerator {
  readonly #child = fork(GENERATOR)
  readonly #ended = once(this.#child, 'exit').then((): never => {
    throw new Error('The load generator ended')
  })

  constructor() {
    // It ends when it is stopped, too; only a load in progress minds.
    this.#ended.catch(() => undefined)
  }

  /** @throws Error when any answer is an error, or not the expected body */
  async load(url: string, load: Load): Promise<Throughput> {
    const answered = once(this.#child, 'message') as Promise<[Seen]>
    this.#child.send({ url, ...load })
    const [{ wrong, ...throughput }] = await Promise.race([answered, this.#ended])
    const faults = Object.entries(wrong).filter(([, times]) => times > 0)
    if (faults.length > 0) throw new Error(`${url}: ${faults.map((fault) => fault.join(': ')).join(', ')}`)
    return throughput
  }

  stop(): void {
    this.#child.disconnect()
  }
}
