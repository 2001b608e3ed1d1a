import type { CachePort } from '../../../../src/application/consistency/ports/cache-port.ts'
import { CacheUnusable } from '../../../../src/application/consistency/ports/cache-port.ts'
import type { Clock } from '../../../../src/application/consistency/ports/clock.ts'
import type { Random } from '../../../../src/application/consistency/ports/random.ts'
import type { Host } from './host.ts'
import type { Prng } from './prng.ts'
import { type CacheAccess, SimPipe } from './sim-pipe.ts'

/** An adapter of one's own: how it is made over simulated clocks, and what its server is, if it has one. */
export interface OwnCache {
  readonly name: string
  readonly reach: 'shared' | 'private'
  /** Whatever it waits for must be the clock, or a connection: nothing else happens in a simulated world. */
  make(ingredients: SimulatedIngredients): CachePort
  readonly server?: OwnServer
}

/** A server as far as the adapter sees it: its state, and what befalls that. */
// biome-ignore lint/suspicious/noExplicitAny: only the adapter's author knows what the state is.
export interface OwnServer<State = any> {
  empty(): State
  /** Loses something, as a full memory does. `below(n)` is a number in [0, n). */
  evict?(state: State, below: (n: number) => number): void
  /** What a dump or a lagging copy of it holds: with it, the server also comes back with what it held before. */
  copy?(state: State): State
}

export interface SimulatedIngredients {
  readonly clock: Clock
  readonly random: Random
  /** A new connection to the server. @throws CacheUnusable `unreachable` */
  connect<State>(): Promise<SimulatedConnection<State>>
}

/** Nothing sent over it is sent twice. It ends when the server goes, and when it is closed. */
export interface SimulatedConnection<State> {
  /**
   * Has the server execute the commands, in their order, each in a moment of its own. What has been sent may be executed
   * although the client has given up.
   * @throws CacheUnusable `unreachable` when the connection ends before the answer came; what a command throws
   */
  send<T>(label: string, ...commands: ((state: State) => T)[]): Promise<readonly T[]>
  readonly ended: Promise<void>
  readonly alive: boolean
  close(): void
}

/** What can happen to the server behind an address. */
export class SimOwnServer {
  readonly #server: OwnServer
  readonly #connections = new Set<SimPipe>()
  #copy: unknown
  state: unknown

  constructor(server: OwnServer) {
    this.#server = server
    this.state = server.empty()
    this.#copy = server.empty()
  }

  copy(): void {
    if (this.#server.copy !== undefined) this.#copy = this.#server.copy(this.state)
  }

  restart(from: 'nothing' | 'dump' | 'everything'): void {
    if (from === 'nothing') this.state = this.#server.empty()
    if (from === 'dump') this.state = this.#server.copy?.(this.#copy)
    for (const connection of this.#connections) connection.dropped()
    this.#connections.clear()
  }

  evict(random: Prng): void {
    this.#server.evict?.(this.state, (n) => random.below(n))
  }

  flush(): void {
    this.state = this.#server.empty()
  }

  async connect<State>(access: CacheAccess, host: Host, number: number): Promise<SimulatedConnection<State>> {
    const { scheduler, network, server } = access
    const reachable = () => network.reaches(host, server)
    await scheduler.wait({ lane: `${host.name} connect`, label: 'connect', host })
    if (!reachable()) throw new CacheUnusable('unreachable')
    const pipe = new SimPipe(access, host, number, () => false)
    this.#connections.add(pipe)
    await scheduler.wait({ lane: `${host.name} connect`, label: 'connected', host })
    if (!pipe.alive || !reachable()) {
      pipe.close()
      throw new CacheUnusable('unreachable')
    }
    return {
      send: <T>(label: string, ...commands: ((state: State) => T)[]) =>
        pipe.send(
          label,
          commands.map((command) => () => command(this.state as State)),
        ) as Promise<readonly T[]>,
      ended: pipe.ended,
      get alive() {
        return pipe.alive
      },
      close: () => pipe.close(),
    }
  }
}
