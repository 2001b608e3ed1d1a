import { setImmediate as turn } from 'node:timers/promises'
import { beforeEach, describe, expect, it } from 'vitest'
import { type Connected, KeptConnection } from '../../../src/adapters/cache/kept-connection.ts'
import { Clock } from '../../../src/application/consistency/ports/clock.ts'
import { ManualClock, RealRandom } from '../../contract/sources.ts'

class Connection implements Connected {
  readonly #end = Promise.withResolvers<void>()
  readonly ended = this.#end.promise
  alive = true

  close(): void {
    this.alive = false
    this.#end.resolve()
  }
}

/** Keeps what it was asked to wait, in ms, and lets a test say when the wait is over. */
class WaitingClock extends Clock {
  readonly #time = new ManualClock()
  readonly waits: number[] = []
  #over = () => {}

  now(): number {
    return this.#time.now()
  }

  monotonic(): number {
    return this.#time.monotonic()
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    this.waits.push(ms)
    return new Promise((resolve) => {
      this.#over = resolve
      signal?.addEventListener('abort', () => resolve())
    })
  }

  async passWait(): Promise<void> {
    this.#over()
    await turn()
  }

  advance(ms: number): void {
    this.#time.advance(ms)
  }
}

class HalfRandom extends RealRandom {
  override fraction(): number {
    return 0.5
  }
}

let clock: WaitingClock
let opened: Connection[]
let told: string[]
/** What each attempt comes to, from the first; the last one is repeated. */
let attempts: (() => Promise<Connection>)[]

const succeed = async () => {
  const connection = new Connection()
  opened.push(connection)
  return connection
}

const fail =
  (message = 'refused') =>
  async () => {
    throw new Error(message)
  }

beforeEach(() => {
  clock = new WaitingClock()
  opened = []
  told = []
  attempts = [succeed]
})

async function linked(): Promise<KeptConnection<Connection>> {
  const observer = {
    connected: () => void told.push('connected'),
    disconnected: (error: unknown) => void told.push((error as Error).message),
  }
  const open = () => (attempts.length > 1 ? attempts.shift()! : attempts[0]!)()
  const link = new KeptConnection(open, clock, new HalfRandom(), observer)
  await turn()
  return link
}

describe('the connection', () => {
  it('is there once it is open, and no longer than it lives', async () => {
    const link = await linked()
    expect(link.current).toBe(opened[0])
    opened[0]!.alive = false
    expect(link.current).toBeUndefined()
  })

  it('is followed by another object when it ends', async () => {
    const link = await linked()
    opened[0]!.close()
    await turn()
    expect(link.current).toBeUndefined()
    await clock.passWait()
    expect(link.current).toBe(opened[1])
    expect(opened[1]).not.toBe(opened[0])
  })

  it('is given up, and replaced, when it is reset', async () => {
    const link = await linked()
    link.reset()
    expect(opened[0]!.alive).toBe(false)
    await turn()
    await clock.passWait()
    expect(link.current).toBe(opened[1])
  })

  it('is nothing that a reset could give up before it is there', async () => {
    attempts = [fail()]
    const link = await linked()
    expect(() => link.reset()).not.toThrow()
  })
})

describe('the waits between attempts', () => {
  it('double up to 150 ms, each with up to as much jitter', async () => {
    attempts = [fail()]
    await linked()
    for (let i = 0; i < 4; i++) await clock.passWait()
    expect(clock.waits).toEqual([45, 90, 180, 225, 225])
  })

  it('go on growing for a server that takes connections and drops them', async () => {
    clock.advance(5000)
    await linked()
    opened[0]!.close()
    await turn()
    await clock.passWait()
    clock.advance(999)
    opened[1]!.close()
    await turn()
    expect(clock.waits).toEqual([45, 90])
  })

  it('begin anew after a connection that lasted a second', async () => {
    attempts = [fail(), fail(), succeed]
    await linked()
    await clock.passWait()
    await clock.passWait()
    clock.advance(1000)
    opened[0]!.close()
    await turn()
    expect(clock.waits).toEqual([45, 90, 45])
  })
})

describe('what is told', () => {
  it('is one line for an outage, however many attempts it takes', async () => {
    attempts = [fail(), fail(), fail(), succeed]
    await linked()
    for (let i = 0; i < 3; i++) await clock.passWait()
    expect(told).toEqual(['refused', 'connected'])
  })

  it('is another line when the reason changes', async () => {
    attempts = [fail('refused'), fail('loading'), fail('loading'), succeed]
    await linked()
    for (let i = 0; i < 3; i++) await clock.passWait()
    opened[0]!.close()
    await turn()
    expect(told).toEqual(['refused', 'loading', 'connected', 'The connection ended'])
  })

  it('is nothing when it is we who close', async () => {
    const link = await linked()
    await link.close()
    expect(told).toEqual(['connected'])
  })
})

describe('closing', () => {
  it('ends the connection and opens no other', async () => {
    const link = await linked()
    await link.close()
    expect(opened).toHaveLength(1)
    expect(opened[0]!.alive).toBe(false)
    expect(clock.waits).toEqual([])
  })

  it('does not wait for the next attempt', async () => {
    attempts = [fail()]
    const link = await linked()
    await link.close()
    expect(clock.waits).toHaveLength(1)
  })

  it('ends a connection that was opening meanwhile', async () => {
    const opening = Promise.withResolvers<Connection>()
    attempts = [() => opening.promise]
    const link = await linked()
    const closed = link.close()
    const late = new Connection()
    opening.resolve(late)
    await closed
    expect(late.alive).toBe(false)
  })
})
