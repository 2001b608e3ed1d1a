import { expect, it } from 'vitest'
import type {
  Holder,
  InvalidationLog,
  LogPosition,
} from '../../../src/application/consistency/ports/invalidation-log.ts'
import { KnownHolders } from '../../../src/infrastructure/observability/known-holders.ts'

let monotonic = 0
const said = new Map<string, LogPosition>()
const log = { acknowledgements: { of: (id: string) => said.get(id) } } as unknown as InvalidationLog
const holder = (id: string, is: Partial<Holder> = {}): Holder => ({
  id,
  retired: false,
  connected: true,
  ...is,
})
const position = () => ({}) as LogPosition

it('operators see each holder as the last drain found it, and how long ago it acknowledged something new', () => {
  const holders = new KnownHolders(log, { monotonic: () => monotonic })
  expect(holders.now).toEqual([])
  said.set('1', position())
  holders.drained([holder('1'), holder('2'), holder('3', { connected: false })])
  monotonic = 300
  const first = { id: '1', state: 'active', acknowledgedMs: 300 }
  expect(holders.now).toEqual([
    first,
    { id: '2', state: 'active', acknowledgedMs: undefined },
    { id: '3', state: 'lost', acknowledgedMs: undefined },
  ])
  // Neither the same acknowledgement again, nor a drain that saw no list, is news.
  holders.drained([holder('1'), holder('3', { connected: false, retired: true })])
  holders.drained(undefined)
  expect(holders.now).toEqual([first, { id: '3', state: 'retired', acknowledgedMs: undefined }])
  said.set('1', position())
  holders.drained([holder('1')])
  monotonic = 350
  expect(holders.now).toEqual([{ ...first, acknowledgedMs: 50 }])
})
