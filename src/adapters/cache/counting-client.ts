import { Cluster, Redis, type RedisOptions } from 'ioredis'
import { redisAddress } from './redis-address.ts'

/** The wait between attempts to connect, in ms. */
const RETRY_MS = 500

/**
 * A client for counters that many processes share. Apart from the cache's connection in every respect: it reconnects
 * by itself, and what waits in it never delays a stamp. What it cannot send at once fails at once, and nothing is sent
 * twice: a count that is lost harms less than one that comes late.
 * @param urls several are the nodes of a Redis Cluster
 * @param timeoutMs a server that owes an answer for four times as long is given up; the next connection counts as ready
 * only once the server has answered on it, so that no request waits for one that has stalled
 */
export function connectCountingClient(urls: readonly string[], timeoutMs: number): Redis | Cluster {
  const options = {
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    connectTimeout: 1000,
    socketTimeout: 4 * timeoutMs,
    protocol: 2,
    disableClientInfo: true,
    connectionName: 'marketflow-limits',
  } satisfies RedisOptions
  const nodes = urls.map(redisAddress)
  const { host: _host, port: _port, db: _db, ...credentials } = nodes[0]!
  const client =
    nodes.length === 1
      ? new Redis({ ...nodes[0]!, ...options, retryStrategy: () => RETRY_MS })
      : new Cluster(nodes, {
          enableOfflineQueue: false,
          clusterRetryStrategy: () => RETRY_MS,
          // Names are left to the socket that resolves them; a TLS certificate is made out to the name.
          dnsLookup: (address, done) => done(null, address),
          // Nodes that the cluster names are reached with the credentials of those that the settings name.
          redisOptions: { ...options, ...credentials },
        })
  // The caller that counts learns that it failed; without a listener ioredis would also print it.
  return client.on('error', () => {})
}
