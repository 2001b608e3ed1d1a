import { CacheUnusable } from '../../../../src/application/consistency/ports/cache-port.ts'
import type { Host } from './host.ts'
import type { Network, Server } from './network.ts'
import type { Prng } from './prng.ts'
import type { Scheduler } from './scheduler.ts'

interface Pipeline {
  readonly label: string
  readonly commands: (() => unknown)[]
  readonly replies: unknown[]
  failure?: unknown
  readonly resolve: (replies: readonly unknown[]) => void
  readonly reject: (error: unknown) => void
}

export interface CacheAccess {
  /** What the network calls the server. */
  readonly server: Server
  readonly scheduler: Scheduler
  readonly network: Network
  readonly random: Prng
}

/**
 * One connection to a cache's server. Every pipeline is sent, executed command by command, and answered, each in a step of its own;
 * both ways are first in, first out. What has been sent may be executed although the client has given up, has closed the
 * connection, or is dead.
 */
export class SimPipe {
  readonly ended: Promise<void>
  readonly #access: CacheAccess
  readonly #host: Host
  readonly #lane: string
  readonly #endedBy: (failure: unknown) => boolean
  #sent: Pipeline[] = []
  #executed: Pipeline[] = []
  #cancelExecution: (() => void) | undefined
  #closed = false
  /** The server is dead, whether or not the client has noticed. */
  #serverGone = false
  #end!: () => void

  /** `endedBy`: whether the client closes the connection upon such a failure. */
  constructor(access: CacheAccess, host: Host, number: number, endedBy: (failure: unknown) => boolean) {
    this.#access = access
    this.#host = host
    this.#lane = `${access.server} for ${host.name}#${number}`
    this.#endedBy = endedBy
    this.ended = new Promise((resolve) => {
      this.#end = resolve
    })
  }

  get alive(): boolean {
    return !this.#closed
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    for (const { reject } of [...this.#executed, ...this.#sent]) reject(new CacheUnusable('unreachable'))
    this.#end()
  }

  /** The server is gone: what it has not executed it never will, nor what is sent before the client notices. */
  dropped(): void {
    this.#serverGone = true
    this.#cancelExecution?.()
    this.#access.scheduler.add({
      lane: `${this.#host.name} ${this.#access.server}`,
      label: 'notices that its connection is gone',
      host: this.#host,
      run: () => this.close(),
    })
  }

  send(label: string, commands: (() => unknown)[]): Promise<readonly unknown[]> {
    if (this.#closed) return Promise.reject(new CacheUnusable('unreachable'))
    return new Promise((resolve, reject) => {
      this.#sent.push({ label, commands, replies: [], resolve, reject })
      if (this.#sent.length === 1) this.#scheduleExecution()
    })
  }

  #scheduleExecution(): void {
    const [pipeline] = this.#sent
    if (pipeline === undefined || this.#serverGone) return
    this.#cancelExecution = this.#access.scheduler.add({
      lane: this.#lane,
      label: `executes ${pipeline.label}`,
      ready: () => this.#access.network.reaches(this.#host, this.#access.server),
      run: () => this.#execute(pipeline),
    })
  }

  #execute(pipeline: Pipeline): void {
    const atOnce = this.#access.random.chance(0.6)
    do {
      const command = pipeline.commands.shift()
      try {
        pipeline.replies.push(command?.())
      } catch (error) {
        pipeline.failure ??= error
      }
    } while (atOnce && pipeline.commands.length > 0)
    if (pipeline.commands.length === 0) {
      this.#sent.shift()
      this.#executed.push(pipeline)
      if (this.#executed.length === 1) this.#scheduleReply()
    }
    this.#scheduleExecution()
  }

  #scheduleReply(): void {
    const [pipeline] = this.#executed
    if (pipeline === undefined) return
    this.#access.scheduler.add({
      lane: `${this.#host.name} ${this.#access.server}`,
      label: `reply to ${pipeline.label}`,
      host: this.#host,
      ready: () => this.#access.network.reaches(this.#host, this.#access.server),
      run: () => {
        this.#executed.shift()
        this.#answer(pipeline)
        this.#scheduleReply()
      },
    })
  }

  #answer({ failure, replies, resolve, reject }: Pipeline): void {
    if (this.#endedBy(failure)) this.close()
    if (failure === undefined) resolve(replies)
    else reject(failure)
  }
}
