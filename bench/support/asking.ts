import { Agent, get } from 'node:http'

/** One answer: how long it took, in ms, and whether it came from the cache. */
export interface Asked {
  readonly ms: number
  readonly hit: boolean
}

/** Asks over connections that stay open. */
export class Asking {
  readonly #agent: Agent

  constructor(connections: number) {
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections })
  }

  /** @throws Error for any answer but 200 */
  ask(url: string): Promise<Asked> {
    const began = performance.now()
    return new Promise((resolve, reject) => {
      get(url, { agent: this.#agent }, (answer) => {
        if (answer.statusCode !== 200) reject(new Error(`${url}: ${answer.statusCode}`))
        const hit = String(answer.headers['cache-status']).includes('; hit')
        answer.resume().on('end', () => resolve({ ms: performance.now() - began, hit }))
      }).on('error', reject)
    })
  }

  close(): void {
    this.#agent.destroy()
  }
}

/** A figure of an instance, summed over its labels. */
export async function metric(url: string, name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text()
  const values = text.matchAll(new RegExp(`^${name}(?:\\{.*\\})? (\\S+)`, 'gm'))
  return Array.from(values, ([, value]) => Number(value)).reduce((sum, value) => sum + value, 0)
}
