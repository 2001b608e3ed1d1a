import { KINDS } from './config.ts'
import {
  type Data,
  LEASE_ONLY,
  NO_INSTANCE,
  NO_ROW,
  type Read,
  Reading,
  type State,
  Writing,
} from './state.ts'

/** Words of 32 bits that a state of this shape takes when it is encoded. */
export function wordsFor(shape: State, fine: boolean): number {
  return encode(shape, new Uint32Array(24), fine)
}

/**
 * Writes a state as a few words, the same for all states that differ only in names: tokens are renamed in the order in
 * which they are met, instances of a kind, rows of the registry and reads are sorted, and entries that nothing can ever match are dropped. Two states
 * with equal words behave alike; two that behave alike may have different words, which costs time, never truth.
 */
export function encode(state: State, into: Uint32Array, fine: boolean): number {
  const order = instancesInOrder(state)
  const rows = rowsInOrder(state, order)
  const memory = state.registry.length > 0
  const tiered = hasL1(state)
  const sources = stampsToCome(state)
  const place: number[] = []
  order.forEach((instance, index) => {
    place[instance] = index
  })
  place[NO_INSTANCE] = PLACELESS
  const out = new Bits(into)
  const names: number[] = [0]
  let named = 0
  const token = (value: number): number => {
    names[value] ??= ++named
    return names[value]
  }

  out.push(state.version, 2)
  out.push(state.floor, 2)
  out.push(state.kills, 2)
  out.push(state.databaseCrashes, 1)
  out.push(state.server.epoch, 2)
  for (const write of state.writes) {
    out.push(write.phase, 3)
    out.push(place[write.at]!, 2)
    out.push(write.age, 3)
    out.push(write.version, 2)
    out.push(write.row, fine ? 3 : 2)
    out.push(write.confirmed, 1)
    if (!memory) continue
    out.push(write.listed, 1)
    out.push(write.list & LEASE_ONLY ? 1 : 0, 1)
    out.push(reordered(write.list, rows), 4)
    out.push(reordered(write.acked, rows), 4)
  }
  for (const row of rows) {
    out.push(state.registry[row]!.registered, 2)
    out.push(state.registry[row]!.age, 3)
    if (fine) out.push(place[state.registry[row]!.of]!, 2)
  }
  for (const index of order) {
    const instance = state.instances[index]!
    out.push(instance.session, 2)
    out.push(instance.trusted, 1)
    out.push(instance.lease, 3)
    out.push(instance.drain, 3)
    out.push(instance.since, 3)
    out.push(instance.deletes, 1)
    out.push(instance.selected, 2)
    out.push(instance.confirms, 2)
    if (fine) {
      out.push(instance.linked, 1)
      out.push(instance.deleting, 1)
      out.push(instance.deleted, 2)
      out.push(instance.done, 2)
      out.push(instance.replaying, 1)
      out.push(instance.toReplay, 2)
      out.push(instance.replayed, 2)
    }
    const keeps = !tiered || sources.has(instance.stamp)
    if (memory || tiered) out.push(keeps ? instance.kept : 0, 2)
    if (fine && (memory || tiered)) out.push(keeps ? token(instance.stamp) : 0, 4)
    if (!memory) continue
    out.push(instance.row === NO_ROW ? ROWLESS : rows.indexOf(instance.row), 3)
    out.push(instance.connected, 1)
    out.push(instance.held, 3)
    out.push(instance.seen, 2)
    out.push(instance.entitled, 1)
    out.push(instance.covers, 2)
    if (fine) out.push(instance.knows, 1)
  }
  const data = (each: Data): void => {
    const dead = !sources.has(each.entryStamp)
    out.push(token(each.stamp), 4)
    out.push(dead ? 0 : each.entryVersion, 2)
    out.push(dead ? 0 : token(each.entryStamp), 4)
  }
  data(state.server)
  data(state.copy)
  const reads = [...state.reads].sort((a, b) => readKey(a, place) - readKey(b, place))
  for (const read of reads) {
    const dead = !sources.has(read.entryStamp)
    out.push(read.phase, 4)
    out.push(place[read.at]!, 2)
    out.push(read.connected, 1)
    out.push(read.epoch, 2)
    out.push(read.floor, 2)
    out.push(token(read.fence), 4)
    out.push(dead ? 0 : read.entryVersion, 2)
    out.push(dead ? 0 : token(read.entryStamp), 4)
    out.push(read.version, 2)
    out.push(read.resent, 1)
    if (memory) out.push(fine ? token(read.current) : read.current, fine ? 4 : 1)
  }
  return out.end()
}

/** Reads back what `encode` wrote; `shape` says how many writes, instances and reads there are. */
export function decode(words: Uint32Array, shape: State, fine: boolean): State {
  const from = new Bits(words)
  const version = from.pull(2)
  const floor = from.pull(2)
  const kills = from.pull(2)
  const databaseCrashes = from.pull(1)
  const pull = shape.registry.length > 0 ? (bits: number) => from.pull(bits) : () => 0
  const pullFine = fine ? (bits: number) => from.pull(bits) : () => 0
  const pullBoth = fine ? pull : () => 0
  const instanceAt = () => {
    const place = from.pull(2)
    return place === PLACELESS ? NO_INSTANCE : place
  }
  const epoch = from.pull(2)
  const writes = shape.writes.map(() => ({
    phase: from.pull(3),
    at: instanceAt(),
    age: from.pull(3),
    version: from.pull(2),
    row: from.pull(fine ? 3 : 2),
    confirmed: from.pull(1),
    listed: pull(1),
    list: pull(1) * LEASE_ONLY + pull(4),
    acked: pull(4),
  }))
  const registry = shape.registry.map(() => ({
    registered: from.pull(2),
    age: from.pull(3),
    of: fine ? instanceAt() : NO_INSTANCE,
  }))
  const pullKept = hasL1(shape) ? (bits: number) => from.pull(bits) : pull
  const instances = shape.instances.map(({ stamp }) => ({
    session: from.pull(2),
    trusted: from.pull(1),
    lease: from.pull(3),
    drain: from.pull(3),
    since: from.pull(3),
    deletes: from.pull(1),
    selected: from.pull(2),
    confirms: from.pull(2),
    linked: pullFine(1),
    deleting: pullFine(1),
    deleted: pullFine(2),
    done: pullFine(2),
    replaying: pullFine(1),
    toReplay: pullFine(2),
    replayed: pullFine(2),
    kept: pullKept(2),
    stamp: fine ? pullKept(4) : stamp,
    row: rowAt(pull(3)),
    connected: pull(1),
    held: pull(3),
    seen: pull(2),
    entitled: pull(1),
    covers: pull(2),
    knows: pullBoth(1),
  }))
  const data = (): Data => ({ stamp: from.pull(4), entryVersion: from.pull(2), entryStamp: from.pull(4) })
  const server = { epoch, ...data() }
  const copy = data()
  const reads = shape.reads.map(() => ({
    phase: from.pull(4),
    at: instanceAt(),
    connected: from.pull(1),
    epoch: from.pull(2),
    floor: from.pull(2),
    fence: from.pull(4),
    entryVersion: from.pull(2),
    entryStamp: from.pull(4),
    version: from.pull(2),
    resent: from.pull(1),
    current: pull(fine ? 4 : 1),
  }))
  const { recurring, kinds } = shape
  const counts = { version, floor, kills, databaseCrashes, broken: false, recurring, kinds }
  return { ...counts, writes, server, copy, instances, registry, reads }
}

/** In two bits and in three: none. */
const PLACELESS = 3
const ROWLESS = 7
const rowAt = (row: number) => (row === ROWLESS ? NO_ROW : row)

const hasL1 = ({ kinds }: State): boolean => kinds.includes(KINDS.indexOf('tiered'))

/** The stamps that the server has, or may have again. An entry with any other is never served. */
function stampsToCome(state: State): Set<number> {
  const stamps = new Set([state.server.stamp, state.copy.stamp, state.recurring])
  for (const read of state.reads) {
    const { phase } = read
    const comes = phase === Reading.making || phase === Reading.late || phase === Reading.stamped
    if (comes || read.resent) stamps.add(read.fence)
  }
  return stamps
}

/** By what tells instances apart without their names: their own state, their writes and their reads. */
function instancesInOrder(state: State): number[] {
  const keys = state.instances.map((instance, index) => {
    let key = instance.session + 4 * instance.trusted + 8 * instance.lease + 64 * instance.drain
    key = key * 8 + instance.since
    key = key * 32 + instance.deletes + 2 * instance.selected + 8 * instance.confirms
    key *= 8
    state.writes.forEach((write, number) => {
      if (write.at === index && write.phase !== Writing.idle) key += 1 << number
    })
    key *= 2 ** 20
    for (const read of state.reads) if (read.at === index) key += localKey(read) % 2 ** 19
    return key
  })
  const memories = state.instances.map((instance) => {
    const { held, kept, seen, entitled, covers, connected, row } = instance
    const { linked, deleting, deleted, done, replaying, toReplay, replayed } = instance
    return (
      2 ** 32 *
        (linked +
          2 * (deleting + 2 * (replaying + 2 * (deleted + 4 * (done + 4 * (toReplay + 4 * replayed)))))) +
      rowKey(state, row) * 4096 +
      held +
      8 * (kept + 4 * (seen + 4 * (entitled + 2 * (covers + 4 * connected))))
    )
  })
  const order = state.instances.map((_, index) => index)
  const kinds = state.kinds
  return order.sort((a, b) => kinds[a]! - kinds[b]! || keys[a]! - keys[b]! || memories[a]! - memories[b]!)
}

/** Those of the instances first, in their order; the others by what tells them apart. */
function rowsInOrder(state: State, order: readonly number[]): number[] {
  const rows = state.registry.map((_, row) => row)
  if (rows.length === 0) return rows
  const place = (row: number): number => {
    const at = order.findIndex((index) => state.instances[index]!.row === row)
    return at < 0 ? order.length : at
  }
  return rows.sort((a, b) => place(a) - place(b) || rowKey(state, a) - rowKey(state, b))
}

function rowKey(state: State, row: number): number {
  if (row === NO_ROW || state.registry.length === 0) return 0
  const { registered, age } = state.registry[row]!
  const inWrites = state.writes.reduce(
    (key, { list, acked }) => key * 4 + ((list >> row) & 1) + 2 * ((acked >> row) & 1),
    0,
  )
  return 1 + registered + 4 * (age + 8 * inWrites)
}

/** A set of rows, by their places in that order. */
function reordered(mask: number, rows: readonly number[]): number {
  return rows.reduce((to, row, place) => to | (((mask >> row) & 1) << place), 0)
}

function localKey(read: Read): number {
  return (
    read.phase +
    16 * (read.connected + 2 * read.epoch) +
    256 * (read.floor + 4 * read.version + 16 * read.entryVersion) +
    16_384 * read.resent
  )
}

const readKey = (read: Read, place: readonly number[]): number => localKey(read) * 4 + place[read.at]!

/** Small numbers, one after the other; none spans two words. */
class Bits {
  readonly #words: Uint32Array
  #word = 0
  #bit = 0
  #value = 0

  constructor(words: Uint32Array) {
    this.#words = words
  }

  push(value: number, bits: number): void {
    if (this.#bit + bits > 32) this.#next()
    this.#value |= value << this.#bit
    this.#bit += bits
  }

  /** How many words it took. */
  end(): number {
    this.#next()
    this.#words.fill(0, this.#word)
    return this.#word
  }

  pull(bits: number): number {
    if (this.#bit + bits > 32) {
      this.#word++
      this.#bit = 0
    }
    const value = (this.#words[this.#word]! >>> this.#bit) & ((1 << bits) - 1)
    this.#bit += bits
    return value
  }

  #next(): void {
    if (this.#word >= this.#words.length) throw new RangeError('The state does not fit its words')
    this.#words[this.#word++] = this.#value
    this.#bit = 0
    this.#value = 0
  }
}
