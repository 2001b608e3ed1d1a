import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** Stands between one instance and one server, and stands in for the network between them. */
export interface TcpProxy {
  readonly port: number
  /** Nothing is passed on in either direction and nothing is lost, as when the server is stopped. */
  stall(): void
  /** Every connection is reset, and so is every new one, as when the server is gone or out of reach. */
  cut(): void
  /** Ends a stall or a cut. */
  heal(): void
  /**
   * Shows what passes until this is called again, with nothing: each piece, before it does. A piece of which `false`
   * is said is not passed on, nor is anything behind it.
   */
  watch(seen?: (data: Buffer, towards: 'server' | 'client') => boolean): void
  /** New connections go to another port from now on; those there are get reset. */
  retarget(port: number): void
  close(): Promise<void>
}

export async function tcpProxy(target: number): Promise<TcpProxy> {
  const sockets = new Set<Socket>()
  let port = target
  let seen: Parameters<TcpProxy['watch']>[0]
  let state: 'open' | 'stalled' | 'cut' = 'open'
  const reset = () => {
    for (const socket of sockets) socket.destroy()
  }
  const server = createServer((client) => {
    if (state === 'cut') {
      client.resetAndDestroy()
      return
    }
    const upstream = connect(port, '127.0.0.1')
    for (const [socket, other, towards] of [
      [client, upstream, 'server'],
      [upstream, client, 'client'],
    ] as const) {
      sockets.add(socket)
      socket.on('data', (data: Buffer) => {
        if (seen?.(data, towards) === false) socket.destroy()
        else other.write(data)
      })
      socket.on('error', () => {})
      socket.on('close', () => {
        sockets.delete(socket)
        other.destroy()
      })
      if (state === 'stalled') socket.pause()
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    stall: () => {
      state = 'stalled'
      for (const socket of sockets) socket.pause()
    },
    cut: () => {
      state = 'cut'
      reset()
    },
    heal: () => {
      state = 'open'
      for (const socket of sockets) socket.resume()
    },
    watch: (next) => {
      seen = next
    },
    retarget: (next) => {
      port = next
      reset()
    },
    close: async () => {
      state = 'cut'
      reset()
      server.close()
      await once(server, 'close')
    },
  }
}
