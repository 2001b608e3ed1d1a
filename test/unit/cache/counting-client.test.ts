import type { Cluster, ClusterOptions, Redis } from 'ioredis'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { connectCountingClient } from '../../../src/adapters/cache/counting-client.ts'
import { RespServer, SILENCE } from './resp-server.ts'

/** For a busy machine. */
const PATIENCE = { timeout: 20_000, interval: 5 }

let server: RespServer
let client: Redis | Cluster | undefined

beforeEach(async () => {
  server = await RespServer.start()
})

afterEach(async () => {
  client?.disconnect()
  await server.stop()
})

async function connected(urls: readonly string[] = [server.url], timeoutMs = 5000): Promise<Redis | Cluster> {
  client = connectCountingClient(urls, timeoutMs)
  await expect.poll(() => client!.status, PATIENCE).toBe('ready')
  return client
}

/** Answers as a node of a cluster whose slots are all at one address. */
function isWholeCluster(host = '127.0.0.1', { port } = server): void {
  const range = [0, 16_383, [Buffer.from(host), port, Buffer.from('id')]]
  server.answer = (command) => (command === 'cluster' ? [range] : undefined)
}

it('tells its name, and speaks RESP2: no HELLO, nothing about its library', async () => {
  await connected()
  expect(server.commands).toEqual(['client setname marketflow-limits', 'info'])
})

it('connects again by itself', async () => {
  const there = await connected()
  server.drop()
  await expect.poll(() => server.connections, PATIENCE).toBe(2)
  await expect.poll(() => there.status, PATIENCE).toBe('ready')
})

it('sends nothing twice: what was under way when the connection ended has failed', async () => {
  server.answer = (command) => (command === 'incr' ? SILENCE : undefined)
  const there = await connected()
  const answer = there.incr('k')
  await expect.poll(() => server.asked, PATIENCE).toEqual(['incr k'])
  server.drop()
  await expect(answer).rejects.toThrow()
  await expect.poll(() => there.status, PATIENCE).toBe('ready')
  await there.get('other')
  expect(server.asked).toEqual(['incr k', 'get other'])
})

it('sends nothing later: without a connection a command fails at once', async () => {
  client = connectCountingClient([server.url], 5000)
  await expect(client.incr('k')).rejects.toThrow('enableOfflineQueue')
  await expect.poll(() => client!.status, PATIENCE).toBe('ready')
  expect(server.asked).toEqual([])
})

it('gives up a server that owes an answer for four times the deadline', async () => {
  server.answer = (command) => (command === 'incr' ? SILENCE : undefined)
  const there = await connected([server.url], 25)
  const before = server.connections
  await expect(there.incr('k')).rejects.toThrow()
  await expect.poll(() => server.connections, PATIENCE).toBeGreaterThan(before)
})

it('is ready only once the server has answered', async () => {
  server.answer = (command) => (command === 'info' ? SILENCE : undefined)
  client = connectCountingClient([server.url], 5000)
  await expect.poll(() => server.commands, PATIENCE).toContain('info')
  expect(client.status).not.toBe('ready')
})

it('finds the nodes of a cluster, and reaches them with the credentials that the settings name', async () => {
  isWholeCluster()
  const [one, another] = [0, 1].map(() => server.url.replace('//', '//app:s%2Fcret@'))
  const there = await connected([one!, another!])
  await there.incr('k')
  expect(server.asked).toContain('incr k')
  const credentials = server.commands.filter((command) => command.startsWith('auth'))
  expect(credentials.length).toBeGreaterThan(1)
  expect(new Set(credentials)).toEqual(new Set(['auth app s/cret']))
})

it('reaches a node that only the cluster names with the same credentials', async () => {
  const other = await RespServer.start()
  try {
    isWholeCluster('127.0.0.1', other)
    const url = server.url.replace('//', '//app:s%2Fcret@')
    client = connectCountingClient([url, url], 5000)
    await expect.poll(() => other.commands, PATIENCE).toContain('auth app s/cret')
  } finally {
    client?.disconnect()
    await other.stop()
  }
})

it.each([
  ['redis://app:s%2Fcret@a', { username: 'app', password: 's/cret' }],
  ['redis://%3Aapp@a', { username: ':app' }],
  ['redis://:s3cret@a', { password: 's3cret' }],
  ['redis://a', {}],
  ['rediss://a', { tls: {} }],
])('takes for every node what the URL says: %s', (url, expected) => {
  client = connectCountingClient([url, url], 5000)
  const { redisOptions = {} } = (client as Cluster).options as ClusterOptions
  const said = ['username', 'password', 'tls'].filter((name) => name in redisOptions)
  expect(said).toEqual(Object.keys(expected))
  expect(redisOptions).toMatchObject(expected)
})

it('leaves names to the socket that connects: a certificate is made out to the name', async () => {
  isWholeCluster('localhost')
  const url = server.url.replace('127.0.0.1', 'localhost')
  const there = (await connected([url, url])) as Cluster
  expect(there.nodes().map(({ options: { host } }) => host)).toEqual(['localhost'])
})

it.each([1, 2])('fails the caller that counts, and ends no process (%i URLs)', (urls) => {
  client = connectCountingClient(Array(urls).fill(server.url), 5000)
  const emitter: NodeJS.EventEmitter = client
  expect(() => emitter.emit('error', new Error('read ECONNRESET'))).not.toThrow()
})

it('reaches the nodes of a cluster without credentials when there are none', async () => {
  isWholeCluster()
  const there = await connected([server.url, server.url])
  await there.incr('k')
  expect(server.commands.filter((command) => command.startsWith('auth'))).toEqual([])
})

it('takes no option of ioredis’s from the URL', () => {
  for (const urls of [['redis://a?keyPrefix=x'], ['redis://a', 'redis://b?enableOfflineQueue=true']]) {
    expect(() => connectCountingClient(urls, 5000)).toThrow('only ?family= may follow')
  }
})

it('on a cluster too, sends nothing later', async () => {
  isWholeCluster()
  client = connectCountingClient([server.url, server.url], 5000)
  await expect(client.incr('k')).rejects.toThrow()
  await expect.poll(() => client!.status, PATIENCE).toBe('ready')
  expect(server.asked).not.toContain('incr k')
})

it('on a cluster too, connects again by itself', async () => {
  isWholeCluster()
  const there = await connected([server.url, server.url])
  const before = server.connections
  server.drop()
  await expect.poll(() => server.connections, PATIENCE).toBeGreaterThan(before)
  await expect.poll(() => there.status, PATIENCE).toBe('ready')
})
