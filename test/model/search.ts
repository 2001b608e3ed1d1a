import { type Config, KINDS } from './config.ts'
import { decode, encode, wordsFor } from './encoding.ts'
import { initial, steps } from './protocol.ts'
import type { State } from './state.ts'
import type { Emit, StepName } from './step-names.ts'

/** One line of a counterexample. */
export interface Moment {
  readonly step: StepName
  readonly who: number
  readonly state: State
}

export interface Found {
  readonly states: number
  /** How often each step was taken, over all states. */
  readonly taken: ReadonlyMap<StepName, number>
  /** The shortest way to a stale read; undefined when there is none in the whole state space. */
  readonly counterexample?: readonly Moment[]
  readonly bytes: number
}

/**
 * Visits every state that the configuration can reach, breadth first; stops at the first stale read, so that its trace
 * is a shortest one.
 * @throws RangeError when there are more than `most` states: a search cut short would prove nothing.
 */
export function search(config: Config, most = 40_000_000): Found {
  const kinds = config.kinds.map((kind) => KINDS.indexOf(kind))
  // A state is written with its instances in this order, and a place of each in two bits.
  if (config.instances > 3 || kinds.some((kind, index) => kind < (kinds[index - 1] ?? 0)))
    throw new RangeError(`No such surroundings: ${config.kinds}`)
  const first = initial(config)
  const visited = new Visited(wordsFor(first, config.fine))
  const words = new Uint32Array(visited.width)
  const taken = new Map<StepName, number>()
  let broken: number | undefined
  let current = 0
  const visit: Emit = (step, _who, next) => {
    taken.set(step, (taken.get(step) ?? 0) + 1)
    if (next.broken) {
      broken ??= current
      return
    }
    encode(next, words, config.fine)
    visited.add(words, current)
  }

  encode(first, words, config.fine)
  visited.add(words, 0)
  for (; current < visited.size && broken === undefined; current++) {
    if (visited.size > most) throw new RangeError(`More than ${most} states`)
    steps(decode(visited.at(current), first, config.fine), config, visit)
  }
  const found = { states: visited.size, taken, bytes: visited.bytes }
  return broken === undefined ? found : { ...found, counterexample: trace(config, visited, broken) }
}

/** Walks the found way again, in full, so that names stay the same from one line to the next. */
function trace(config: Config, visited: Visited, last: number): Moment[] {
  const first = initial(config)
  const moments: Moment[] = []
  let state = first
  for (const index of visited.wayTo(last).slice(1)) {
    const wanted = visited.at(index).slice()
    const moment =
      find(config, state, wanted) ??
      find(config, decode(visited.at(visited.parent(index)), first, config.fine), wanted)
    if (moment === undefined) throw new Error('A state has no way from its own parent')
    moments.push(moment)
    state = moment.state
  }
  moments.push(stale(config, state) ?? stale(config, decode(visited.at(last), first, config.fine))!)
  return moments
}

function find(config: Config, from: State, wanted: Uint32Array): Moment | undefined {
  let found: Moment | undefined
  const words = new Uint32Array(wanted.length)
  steps(from, config, (step, who, state) => {
    if (found !== undefined || state.broken) return
    encode(state, words, config.fine)
    if (words.every((word, index) => word === wanted[index])) found = { step, who, state }
  })
  return found
}

function stale(config: Config, from: State): Moment | undefined {
  let found: Moment | undefined
  steps(from, config, (step, who, state) => {
    if (state.broken) found ??= { step, who, state }
  })
  return found
}

/** A set of encoded states in the order of their discovery, which is the search's queue as well: about 45 bytes each. */
class Visited {
  readonly width: number
  #words: Uint32Array<ArrayBuffer>
  #parents = new Uint32Array(1 << 16)
  #slots = new Uint32Array(1 << 18)
  size = 0

  /** `width`: words per state. */
  constructor(width: number) {
    this.width = width
    this.#words = new Uint32Array(width << 16)
  }

  at(index: number): Uint32Array {
    return this.#words.subarray(index * this.width, (index + 1) * this.width)
  }

  parent(index: number): number {
    return this.#parents[index]!
  }

  wayTo(index: number): number[] {
    const way = [index]
    for (let at = index; at !== 0; ) {
      at = this.parent(at)
      way.unshift(at)
    }
    return way
  }

  get bytes(): number {
    return this.#words.byteLength + this.#parents.byteLength + this.#slots.byteLength
  }

  add(words: Uint32Array, parent: number): void {
    const mask = this.#slots.length - 1
    let slot = hash(words) & mask
    for (let held = this.#slots[slot]!; held !== 0; held = this.#slots[slot]!) {
      if (this.#equals(held - 1, words)) return
      slot = (slot + 1) & mask
    }
    if (this.size === this.#parents.length) this.#grow()
    this.#words.set(words, this.size * this.width)
    this.#parents[this.size] = parent
    this.#slots[slot] = ++this.size
    if (this.size * 2 > this.#slots.length) this.#rehash()
  }

  #equals(index: number, words: Uint32Array): boolean {
    const start = index * this.width
    for (let word = 0; word < this.width; word++) if (this.#words[start + word] !== words[word]) return false
    return true
  }

  #grow(): void {
    const longer = Math.ceil(this.size * 1.5)
    this.#words = enlarged(this.#words, longer * this.width)
    this.#parents = enlarged(this.#parents, longer)
  }

  #rehash(): void {
    this.#slots = new Uint32Array(this.#slots.length * 2)
    const mask = this.#slots.length - 1
    for (let index = 0; index < this.size; index++) {
      let slot = hash(this.at(index)) & mask
      while (this.#slots[slot] !== 0) slot = (slot + 1) & mask
      this.#slots[slot] = index + 1
    }
  }
}

function enlarged(array: Uint32Array, length: number): Uint32Array<ArrayBuffer> {
  const longer = new Uint32Array(length)
  longer.set(array)
  return longer
}

function hash(words: Uint32Array): number {
  let mixed = 0x9e3779b9
  for (let word = 0; word < words.length; word++) {
    mixed = Math.imul(mixed ^ words[word]!, 0x85ebca6b)
    mixed ^= mixed >>> 15
  }
  mixed = Math.imul(mixed, 0xc2b2ae35)
  return (mixed ^ (mixed >>> 16)) >>> 0
}
