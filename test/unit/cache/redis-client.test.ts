import { once } from 'node:events'
import type { Redis } from 'ioredis'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { connect, createClient, createSibling } from '../../../src/adapters/cache/redis-client.ts'
import { RespServer, SILENCE } from './resp-server.ts'

/** For a busy machine. */
const PATIENCE = { timeout: 20_000, interval: 5 }

let server: RespServer
const clients: Redis[] = []

beforeEach(async () => {
  server = await RespServer.start()
})

afterEach(async () => {
  for (const client of clients.splice(0)) client.disconnect()
  await server.stop()
})

function client(url = server.url): Redis {
  const made = createClient(url)
  clients.push(made)
  return made
}

async function connected(): Promise<Redis> {
  const made = client()
  await connect(made)
  return made
}

describe('a client', () => {
  it('connects when it is told to, and not before', async () => {
    const made = client()
    await new Promise(setImmediate)
    expect(made.status).toBe('wait')
    await connect(made)
    expect(made.status).toBe('ready')
    expect(server.connections).toBe(1)
  })

  it('tells its name, and speaks RESP2: no HELLO, nothing about its library', async () => {
    await connected()
    await expect.poll(() => server.commands, PATIENCE).toEqual(['client setname marketflow'])
  })

  it('has user, password and database from the URL', async () => {
    await connect(client(server.url.replace('//', '//app:s3cret@').concat('/3')))
    await expect
      .poll(() => server.commands, PATIENCE)
      .toEqual(['auth app s3cret', 'select 3', 'client setname marketflow', 'select 3'])
  })

  it('takes no option of ioredis’s from the URL', () => {
    for (const query of [
      '?db=1',
      '?autoResendUnfulfilledCommands=true',
      '?keyPrefix=a:',
      '?socketTimeout=1',
    ]) {
      expect(() => client(server.url + query)).toThrow('only ?family= may follow')
    }
  })

  it('never connects again', async () => {
    const made = await connected()
    const ended = once(made, 'end')
    server.drop()
    await ended
    expect(made.status).toBe('end')
    expect(server.connections).toBe(1)
  })

  it('sends nothing twice: what was under way when the connection ended has failed', async () => {
    server.answer = (command) => (command === 'set' ? SILENCE : 'OK')
    const made = await connected()
    const answer = made.set('k', 'v')
    await expect.poll(() => server.asked, PATIENCE).toEqual(['set k v'])
    server.drop()
    await expect(answer).rejects.toThrow()
    expect(server.asked).toEqual(['set k v'])
    expect(server.connections).toBe(1)
  })

  it('sends nothing later: without a connection a command fails at once', async () => {
    const made = client()
    await expect(made.set('k', 'v')).rejects.toThrow('enableOfflineQueue')
    await expect.poll(() => made.status, PATIENCE).toBe('ready')
    await made.get('k')
    expect(server.asked).toEqual(['get k'])
  })

  it('gives up a server that owes an answer', async () => {
    server.answer = (command) => (command === 'get' ? SILENCE : 'OK')
    const made = await connected()
    await expect(made.get('k')).rejects.toThrow()
    expect(server.connections).toBe(1)
  })

  it('does not take an error in an answer for the end of the connection', async () => {
    server.answer = (command) => (command === 'get' ? new Error('READONLY because') : 'OK')
    const made = await connected()
    await expect(made.get('k')).rejects.toThrow('READONLY because')
    expect(made.status).toBe('ready')
  })
})

describe('a failing connection', () => {
  it('is told to the sender of a command, and ends no process', () => {
    const made = client()
    expect(() => made.emit('error', new Error('read ECONNRESET'))).not.toThrow()
  })

  it('tells why', async () => {
    const { url } = server
    await server.stop()
    await expect(connect(client(url))).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    server = await RespServer.start()
  })

  it('tells what the server said', async () => {
    server.answer = (command) => (command === 'auth' ? new Error('WRONGPASS no such user') : 'OK')
    await expect(connect(client(server.url.replace('//', '//app:wrong@')))).rejects.toThrow('WRONGPASS')
  })

  it('is what a refused SELECT is: ioredis would go on in database 0', async () => {
    server.answer = (command) => (command === 'select' ? new Error('ERR DB index is out of range') : 'OK')
    await expect(connect(client(`${server.url}/99`))).rejects.toThrow('DB index is out of range')
  })

  it('tells what ioredis says where there is nothing else', async () => {
    const made = await connected()
    await expect(connect(made)).rejects.toThrow('already')
  })
})

it('a sibling goes to another node, with the same credentials', async () => {
  const other = await RespServer.start()
  try {
    const sibling = createSibling(client(server.url.replace('//', '//app:s3cret@')), '127.0.0.1', other.port)
    clients.push(sibling)
    await connect(sibling)
    await expect
      .poll(() => other.commands, PATIENCE)
      .toEqual(['auth app s3cret', 'client setname marketflow'])
    expect(server.connections).toBe(0)
  } finally {
    await other.stop()
  }
})
