import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'

export type Reply = string | number | null | Buffer | Error | readonly Reply[]

/** Replies that never come. */
export const SILENCE = Symbol('no reply')

/** What a server says to a command; undefined: what it usually says. */
export type Answer = (command: string, args: readonly string[]) => Reply | typeof SILENCE | undefined

/** As much of Redis as a connection needs: it speaks RESP2, and says what a test wants it to say. */
export class RespServer {
  /** Every command so far, with its arguments. */
  readonly commands: string[] = []
  /** How many have connected so far. */
  connections = 0
  /** Comes before the usual answers. */
  answer: Answer | undefined
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  private constructor() {
    this.#server = createServer((socket) => this.#serve(socket))
  }

  static async start(): Promise<RespServer> {
    const server = new RespServer()
    server.#server.listen(0, '127.0.0.1')
    await once(server.#server, 'listening')
    return server
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`
  }

  /** Connections that are open now. */
  get open(): number {
    return this.#sockets.size
  }

  /** Commands but those that only open a connection. */
  get asked(): string[] {
    return this.commands.filter((command) => !/^(auth|select|client|info|ping|role) ?/.test(command))
  }

  /** Writes it to every connection, whether it is a reply or the beginning of one. */
  write(text: string): void {
    for (const socket of this.#sockets) socket.write(text)
  }

  drop(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  async stop(): Promise<void> {
    this.drop()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #serve(socket: Socket): void {
    this.connections += 1
    this.#sockets.add(socket)
    socket.on('close', () => this.#sockets.delete(socket)).on('error', () => {})
    let received = ''
    socket.setEncoding('latin1').on('data', (text: string) => {
      received += text
      for (;;) {
        const command = firstCommand(received)
        if (command === undefined) return
        received = received.slice(command.length)
        this.#execute(socket, command.words)
      }
    })
  }

  #execute(socket: Socket, [name = '', ...args]: readonly string[]): void {
    const command = name.toLowerCase()
    this.commands.push([command, ...args].join(' '))
    const told = this.answer?.(command, args)
    const reply = told === undefined ? usual(command) : told
    if (reply !== SILENCE) socket.write(encode(reply))
  }
}

/** What a master says that has just started. */
function usual(command: string): Reply {
  switch (command) {
    case 'ping':
      return 'PONG'
    case 'role':
      return ['master', 0, []]
    case 'info':
      return Buffer.from('role:master\r\nmaster_replid:abc\r\n')
    default:
      return 'OK'
  }
}

/** The first whole command, an array of strings, and how many bytes it took. */
function firstCommand(text: string): { readonly words: string[]; readonly length: number } | undefined {
  const head = /^\*(\d+)\r\n/.exec(text)
  if (head === null) return undefined
  const words: string[] = []
  let at = head[0].length
  while (words.length < Number(head[1])) {
    const size = /^\$(\d+)\r\n/.exec(text.slice(at, at + 20))
    if (size === null) return undefined
    const start = at + size[0].length
    at = start + Number(size[1]) + 2
    if (text.length < at) return undefined
    words.push(text.slice(start, at - 2))
  }
  return { words, length: at }
}

function encode(reply: Reply): string {
  if (reply === null) return '$-1\r\n'
  if (typeof reply === 'number') return `:${reply}\r\n`
  if (typeof reply === 'string') return `+${reply}\r\n`
  if (reply instanceof Error) return `-${reply.message}\r\n`
  if (Buffer.isBuffer(reply)) return `$${reply.length}\r\n${reply.toString('latin1')}\r\n`
  return `*${reply.length}\r\n${reply.map(encode).join('')}`
}
