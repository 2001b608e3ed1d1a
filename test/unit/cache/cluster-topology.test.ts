import { getEventListeners } from 'node:events'
import slotOf from 'cluster-key-slot'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openCluster } from '../../../src/adapters/cache/cluster-topology.ts'
import type { RedisCommands } from '../../../src/adapters/cache/redis-commands.ts'
import { type Reply, RespServer, SILENCE } from './resp-server.ts'

const LAST = 16_383
const MIDDLE = 8191

/** For a busy machine. */
const PATIENCE = { timeout: 20_000, interval: 5 }

let low: RespServer
let high: RespServer
let opened: RedisCommands[]

beforeEach(async () => {
  low = await RespServer.start()
  high = await RespServer.start()
  opened = []
  tellTopology([0, MIDDLE, at(low)], [MIDDLE + 1, LAST, at(high)])
})

afterEach(async () => {
  for (const commands of opened) commands.close()
  await Promise.all([low.stop(), high.stop()])
})

const at = ({ port }: RespServer): Reply => [Buffer.from('127.0.0.1'), port, Buffer.from('id')]

function tellTopology(...ranges: Reply[]): void {
  for (const server of [low, high]) {
    server.answer = (command, args) => {
      if (command === 'cluster') return args[0] === 'SLOTS' ? ranges : new Error('ERR unknown subcommand')
      return command === 'get' ? Buffer.from(server === low ? 'low' : 'high') : undefined
    }
  }
}

async function open(url = low.url, { signal } = new AbortController()): Promise<RedisCommands> {
  const commands = await openCluster(url, signal)
  opened.push(commands)
  return commands
}

/** A key in a slot for which `fits`. */
const keyOf = (fits: (slot: number) => boolean) =>
  Array.from({ length: 100_000 }, (_, i) => `k${i}`).find((key) => fits(slotOf(key)))!

const texts = async (reply: Promise<readonly (Buffer | null)[]>) => (await reply).map(String)

describe('a cluster', () => {
  it('is a connection to each master, and each key goes to its slot’s', async () => {
    const commands = await open()
    const keys = [0, MIDDLE, MIDDLE + 1, LAST].map((slot) => keyOf((each) => each === slot))
    expect(await texts(commands.read(keys))).toEqual(['low', 'low', 'high', 'high'])
    expect(commands.alive).toBe(true)
    await expect.poll(() => [low.open, high.open], PATIENCE).toEqual([1, 1])
  })

  it('opens one connection to a master with several ranges of slots', async () => {
    tellTopology([0, 99, at(low)], [100, 199, at(high)], [200, LAST, at(low)])
    const commands = await open()
    const keys = [50, 150, 250].map((slot) => keyOf((each) => each === slot))
    expect(await texts(commands.read(keys))).toEqual(['low', 'high', 'low'])
    // One of them asked for the topology.
    expect(low.connections + high.connections).toBe(3)
  })

  it.each([
    ['null', null],
    ['empty', Buffer.alloc(0)],
  ])('takes a node without a name (%s) for the one that was asked', async (_, host) => {
    tellTopology([0, LAST, [host, low.port, Buffer.from('id')]])
    expect(await texts((await open()).read(['k']))).toEqual(['low'])
  })

  it('knows a node by the name that it has there', async () => {
    tellTopology(
      [0, 99, [Buffer.from('127.0.0.1'), low.port]],
      [100, LAST, [Buffer.from('localhost'), low.port]],
    )
    await open()
    // One asked for the topology, and each name might be another node's.
    expect(low.connections).toBe(3)
  })

  it('calls a node without a name as it was called when it was asked', async () => {
    tellTopology([0, 99, [null, low.port]], [100, LAST, [Buffer.from('localhost'), low.port]])
    await open(low.url.replace('127.0.0.1', 'localhost'))
    expect(low.connections).toBe(2)
  })

  it('tells nodes on one host apart by their ports, and knows that they are nodes: a key a command', async () => {
    const commands = await open()
    const keys = [0, 1].map((slot) => keyOf((each) => each === slot))
    await commands.deleteAndVerify(keys, 'absent')
    expect(low.asked.slice(1)).toEqual(keys.map((key) => `del ${key}`))
  })
})

describe('it is not opened, and nothing is left open,', () => {
  const nothingIsOpen = () => expect.poll(() => [low.open, high.open], PATIENCE).toEqual([0, 0])

  it.each<[string, () => Reply[]]>([
    [
      'the first slot',
      () => [
        [1, MIDDLE, at(low)],
        [MIDDLE + 1, LAST, at(high)],
      ],
    ],
    [
      'a slot between',
      () => [
        [0, MIDDLE, at(low)],
        [MIDDLE + 2, LAST, at(high)],
      ],
    ],
    [
      'the last slot',
      () => [
        [0, MIDDLE, at(low)],
        [MIDDLE + 1, LAST - 1, at(high)],
      ],
    ],
    ['every slot', () => []],
  ])('while no node owns %s', async (_, ranges) => {
    tellTopology(...ranges())
    await expect(open()).rejects.toMatchObject({ name: 'RedisRefusal', code: 'CLUSTERDOWN' })
    await nothingIsOpen()
  })

  it('while one of its masters is out of reach', async () => {
    const gone = await RespServer.start()
    tellTopology([0, MIDDLE, at(low)], [MIDDLE + 1, LAST, at(gone)])
    await gone.stop()
    await expect(open()).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    await nothingIsOpen()
  })

  it('while one of its masters is none', async () => {
    const usual = high.answer!
    high.answer = (command, args) =>
      command === 'info' ? Buffer.from('role:slave\r\nmaster_replid:abc\r\n') : usual(command, args)
    await expect(open()).rejects.toMatchObject({ code: 'DEMOTED' })
    await nothingIsOpen()
  })

  it('when the node that is asked is out of reach, and tells why', async () => {
    const { url } = high
    await high.stop()
    await expect(open(url)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    high = await RespServer.start()
  })

  it('when the server is no cluster, and tells what it said', async () => {
    low.answer = (command) => (command === 'cluster' ? new Error('ERR cluster support disabled') : undefined)
    await expect(open()).rejects.toThrow('cluster support disabled')
    await nothingIsOpen()
  })

  it('when it is given up while a node is still answering', async () => {
    low.answer = (command) => (command === 'cluster' ? SILENCE : undefined)
    const giveUp = new AbortController()
    const opening = open(low.url, giveUp)
    await expect.poll(() => low.asked, PATIENCE).toEqual(['cluster SLOTS'])
    low.write('$1000000\r\n')
    const dripping = setInterval(() => low.write('x'), 50)
    giveUp.abort()
    await expect(opening).rejects.toThrow('Connection is closed')
    clearInterval(dripping)
    await nothingIsOpen()
  })

  it('when it is given up while a master does not answer', async () => {
    const usual = high.answer!
    high.answer = (command, args) => (command === 'ping' ? SILENCE : usual(command, args))
    const giveUp = new AbortController()
    const opening = open(low.url, giveUp)
    await expect.poll(() => high.commands, PATIENCE).toContain('ping')
    giveUp.abort()
    await expect(opening).rejects.toThrow('connection close')
    await nothingIsOpen()
  })
})

it('an opened cluster no longer listens to who would give it up', async () => {
  const giveUp = new AbortController()
  const commands = await open(low.url, giveUp)
  expect(getEventListeners(giveUp.signal, 'abort')).toEqual([])
  giveUp.abort()
  expect(await texts(commands.read(['k']))).toHaveLength(1)
})
