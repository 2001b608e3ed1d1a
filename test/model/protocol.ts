import { cacheSteps } from './cache.ts'
import { asksRedis, type Config, holds, KINDS, kindOf, lapsed, retiredFor, waitsFor } from './config.ts'
import { databaseSteps, sessionSteps, sweepSteps } from './crashes.ts'
import { drainSteps } from './drain.ts'
import { holderSteps, registrySteps } from './holders.ts'
import { memoryWalkSteps } from './memory-walk.ts'
import { memorySteps, readSteps } from './reader.ts'
import {
  clone,
  Draining,
  NO_INSTANCE,
  NO_ROW,
  nothingRead,
  Registered,
  Row,
  type State,
  Writing,
} from './state.ts'
import type { Emit } from './step-names.ts'
import { walkSteps } from './walk.ts'
import { counts, writeSteps } from './writer.ts'

/**
 * Read-after-write with caches in Redis, in the memory of instances, and in both, as a transition system: what each party may do next, in any order, with any
 * delay and any loss. A step is what happens in one tick of an event loop, or at a server as one command; everything
 * between two steps may take for ever. `search.ts` visits all of it. Each party has a file: `writer.ts`, `drain.ts` (or
 * `walk.ts`, where its steps are fine), `holders.ts`, `reader.ts`, `cache.ts` (what Redis does unasked), `crashes.ts` (connections and processes that end).
 *
 * Invariant: a read that began after a write was answered never returns a version older than the write's.
 *
 * Left out, because it cannot break the invariant or is outside the promise: reads that bypass the cache (they load
 * what is committed and store nothing), reads marked unverified, early refresh (one more read), two views, the sweep
 * of rows (kept longer than any entry), a Redis split in two writable halves. A command that
 * arrives late is one that stays on its way; a DEL whose sender has given up does what eviction does at any time.
 */

/** Tells every state that can come next. */
export function steps(state: State, config: Config, emit: Emit): void {
  timePasses(state, config, emit)
  for (let number = 0; number < state.writes.length; number++) writeSteps(state, config, number, emit)
  for (let number = 0; number < state.instances.length; number++) {
    if (config.fine) partyOfDrain(config, number)(state, config, number, emit)
    else drainSteps(state, config, number, emit)
    sessionSteps(state, config, number, emit)
    holderSteps(state, config, number, emit)
    memorySteps(state, config, number, emit)
  }
  registrySteps(state, config, emit)
  databaseSteps(state, config, emit)
  sweepSteps(state, config, emit)
  for (let number = 0; number < state.reads.length; number++) readSteps(state, config, number, emit)
  cacheSteps(state, config, emit)
}

/** Whose steps its drains are, where they are fine. */
export const partyOfDrain = (config: Config, number: number) =>
  holds(kindOf(config, number)) ? memoryWalkSteps : walkSteps

/** With a filled cache and leases that hold, or with nothing. */
export function initial(config: Config): State {
  const data = config.warm
    ? { stamp: 1, entryVersion: 0, entryStamp: 1 }
    : { stamp: 0, entryVersion: 0, entryStamp: 0 }
  const atRest = {
    drain: Draining.idle,
    since: 0,
    deletes: 0,
    selected: 0,
    confirms: 0,
    seen: 0,
    entitled: 0,
    covers: 0,
    knows: 0,
    linked: 0,
    deleting: 0,
    deleted: 0,
    done: 0,
    replaying: 0,
    toReplay: 0,
    replayed: 0,
  }
  const cold = {
    session: 0,
    trusted: 0,
    lease: lapsed(config),
    held: lapsed(config),
    kept: 0,
    stamp: 0,
    row: NO_ROW,
    connected: 0,
  }
  let holders = 0
  const instances = Array.from({ length: config.instances }, (_, index) => {
    const instance = { ...cold, ...atRest }
    if (config.warm && asksRedis(kindOf(config, index))) {
      Object.assign(instance, { session: 1, trusted: 1, lease: 0 })
    }
    if (holds(kindOf(config, index)) && (config.warm || !config.fine)) instance.stamp = 1
    if (config.warm && holds(kindOf(config, index))) {
      Object.assign(instance, { held: 0, kept: 1, row: holders++, connected: 1 })
      if (config.fine) instance.trusted = 1
    }
    if (config.warm && kindOf(config, index) === 'tiered') Object.assign(instance, { kept: 1, stamp: 1 })
    return instance
  })
  return {
    kinds: instances.map((_, index) => KINDS.indexOf(kindOf(config, index))),
    databaseCrashes: config.databaseCrash ? 1 : 0,
    version: 0,
    floor: 0,
    kills: config.kills,
    broken: false,
    recurring: config.rules.freshStamps ? 0 : 1,
    writes: config.writes.map(() => ({
      phase: Writing.idle,
      at: NO_INSTANCE,
      age: 0,
      version: 0,
      row: Row.none,
      listed: 0,
      list: 0,
      acked: 0,
      confirmed: 0,
    })),
    server: { epoch: 1, ...data },
    copy: config.crash ? { ...data } : { stamp: 0, entryVersion: 0, entryStamp: 0 },
    instances,
    registry: Array.from({ length: config.rows }, (_, row) => {
      const taken = instances.some((instance) => instance.row === row)
      const of = config.fine && taken ? instances.findIndex((instance) => instance.row === row) : NO_INSTANCE
      return { registered: taken ? Registered.active : Registered.none, age: 0, of }
    }),
    reads: Array.from({ length: config.reads }, nothingRead),
  }
}

/** All clocks at once: ages are capped where they no longer matter. */
export function timePasses(state: State, config: Config, emit: Emit, ticks = 1): void {
  const next = clone(state)
  const oldest = lapsed(config)
  for (const instance of next.instances) {
    instance.lease = Math.min(instance.lease + ticks, oldest)
    instance.held = Math.min(instance.held + ticks, oldest)
    if (instance.drain !== Draining.idle) instance.since = Math.min(instance.since + ticks, oldest)
  }
  for (const row of next.registry) {
    if (row.registered === Registered.retired) row.age = Math.min(row.age + ticks, retiredFor(config))
  }
  for (const write of next.writes) {
    if (counts(write, config)) write.age = Math.min(write.age + ticks, waitsFor(config))
  }
  emit('time passes', -1, next)
}
