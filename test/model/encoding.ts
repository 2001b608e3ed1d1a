import { type Data, NO_INSTANCE, type Read, Reading, type State, Writing } from './state.ts'

/** Words of 32 bits per encoded state. */
export const WORDS = 7

/**
 * Writes a state as a few words, the same for all states that differ only in names: tokens are renamed in the order in
 * which they are met, instances and reads are sorted, and entries that nothing can ever match are dropped. Two states
 * with equal words behave alike; two that behave alike may have different words, which costs time, never truth.
 */
export function encode(state: State, into: Uint32Array): void {
  const order = instancesInOrder(state)
  const place: number[] = []
  order.forEach((instance, index) => {
    place[instance] = index
  })
  place[NO_INSTANCE] = NO_INSTANCE
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
  out.push(state.server.epoch, 2)
  for (const write of state.writes) {
    out.push(write.phase, 3)
    out.push(place[write.at]!, 2)
    out.push(write.age, 3)
    out.push(write.version, 2)
    out.push(write.row, 2)
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
  }
  const sources = stampsToCome(state)
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
  }
  out.end()
}

/** Reads back what `encode` wrote; `shape` says how many writes, instances and reads there are. */
export function decode(words: Uint32Array, shape: State): State {
  const from = new Bits(words)
  const version = from.pull(2)
  const floor = from.pull(2)
  const kills = from.pull(2)
  const epoch = from.pull(2)
  const writes = shape.writes.map(() => ({
    phase: from.pull(3),
    at: from.pull(2),
    age: from.pull(3),
    version: from.pull(2),
    row: from.pull(2),
  }))
  const instances = shape.instances.map(() => ({
    session: from.pull(2),
    trusted: from.pull(1),
    lease: from.pull(3),
    drain: from.pull(3),
    since: from.pull(3),
    deletes: from.pull(1),
    selected: from.pull(2),
    confirms: from.pull(2),
  }))
  const data = (): Data => ({ stamp: from.pull(4), entryVersion: from.pull(2), entryStamp: from.pull(4) })
  const server = { epoch, ...data() }
  const copy = data()
  const reads = shape.reads.map(() => ({
    phase: from.pull(4),
    at: from.pull(2),
    connected: from.pull(1),
    epoch: from.pull(2),
    floor: from.pull(2),
    fence: from.pull(4),
    entryVersion: from.pull(2),
    entryStamp: from.pull(4),
    version: from.pull(2),
    resent: from.pull(1),
  }))
  const { recurring } = shape
  return { version, floor, kills, broken: false, recurring, writes, server, copy, instances, reads }
}

/** The stamps that the server has, or may have again. An entry with any other is never served. */
function stampsToCome(state: State): Set<number> {
  const stamps = new Set([state.server.stamp, state.copy.stamp, state.recurring])
  for (const read of state.reads) {
    if (read.phase === Reading.making || read.phase === Reading.late || read.resent) stamps.add(read.fence)
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
  return state.instances.map((_, index) => index).sort((a, b) => keys[a]! - keys[b]!)
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

  end(): void {
    this.#next()
    this.#words.fill(0, this.#word)
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
