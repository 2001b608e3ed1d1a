import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** Stands between a client and PostgreSQL, and misbehaves on demand. */
export interface PostgresProxy {
  /** The database's URL, by way of the proxy. */
  readonly url: string
  /** From now on nothing is passed on, in either direction, as when the server is stopped; nothing is lost either. */
  stall(): void
  resume(): void
  /** Cuts the connection that next says COMMIT: before PostgreSQL hears of it, or after it has answered. */
  cutAtCommit(when: 'before' | 'after'): void
  /** Cuts all connections. */
  cut(): void
  close(): Promise<void>
}

export async function postgresProxy(databaseUrl: string): Promise<PostgresProxy> {
  const target = new URL(databaseUrl)
  const sockets = new Set<Socket>()
  let stalled = false
  let cutting: 'before' | 'after' | undefined

  const server = createServer((client) => {
    const upstream = connect(Number(target.port || 5432), target.hostname)
    let cutOnAnswer = false
    const cutBoth = () => {
      client.destroy()
      upstream.destroy()
    }
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      if (stalled) socket.pause()
      socket
        .on('error', () => {})
        .on('close', () => {
          sockets.delete(socket)
          cutBoth()
        })
    }
    client.on('data', (data) => {
      if (cutting !== undefined && data.includes('commit\0')) {
        if (cutting === 'before') cutBoth()
        else cutOnAnswer = true
        cutting = undefined
      }
      upstream.write(data)
    })
    // The answer to COMMIT: to what was sent with it there is one before.
    upstream.on('data', (data) => (cutOnAnswer && data.includes('COMMIT\0') ? cutBoth() : client.write(data)))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = new URL(databaseUrl)
  url.hostname = '127.0.0.1'
  url.port = String((server.address() as AddressInfo).port)

  const cut = () => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    url: url.href,
    stall: () => {
      stalled = true
      for (const socket of sockets) socket.pause()
    },
    resume: () => {
      stalled = false
      for (const socket of sockets) socket.resume()
    },
    cutAtCommit: (when) => {
      cutting = when
    },
    cut,
    close: async () => {
      cut()
      server.close()
      await once(server, 'close')
    },
  }
}
