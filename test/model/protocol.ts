import { cacheSteps } from './cache.ts'
import { type Config, lapsed, waitsFor } from './config.ts'
import { sessionSteps } from './crashes.ts'
import { drainSteps } from './drain.ts'
import { readSteps } from './reader.ts'
import { clone, Draining, NO_INSTANCE, nothingRead, Row, type State, Writing } from './state.ts'
import type { Emit } from './step-names.ts'
import { counts, writeSteps } from './writer.ts'

/**
 * Read-after-write with a shared cache, as a transition system: what each party may do next, in any order, with any
 * delay and any loss. A step is what happens in one tick of an event loop, or at a server as one command; everything
 * between two steps may take for ever. `search.ts` visits all of it. Each party has a file: `writer.ts`, `drain.ts`,
 * `reader.ts`, `cache.ts` (what Redis does unasked), `crashes.ts` (connections and processes that end).
 *
 * Invariant: a read that began after a write was answered never returns a version older than the write's.
 *
 * Left out, because it cannot break the invariant or is outside the promise: reads that bypass the cache (they load
 * what is committed and store nothing), reads marked unverified, early refresh (one more read), two views, the sweep
 * of rows (kept longer than any entry), private and tiered caches, a Redis split in two writable halves. A command that
 * arrives late is one that stays on its way; a DEL whose sender has given up does what eviction does at any time.
 */

/** Tells every state that can come next. */
export function steps(state: State, config: Config, emit: Emit): void {
  timePasses(state, config, emit)
  for (let number = 0; number < state.writes.length; number++) writeSteps(state, config, number, emit)
  for (let number = 0; number < state.instances.length; number++) {
    drainSteps(state, config, number, emit)
    sessionSteps(state, config, number, emit)
  }
  for (let number = 0; number < state.reads.length; number++) readSteps(state, config, number, emit)
  cacheSteps(state, config, emit)
}

/** With a filled cache and leases that hold, or with nothing. */
export function initial(config: Config): State {
  const data = config.warm
    ? { stamp: 1, entryVersion: 0, entryStamp: 1 }
    : { stamp: 0, entryVersion: 0, entryStamp: 0 }
  const atRest = { drain: Draining.idle, since: 0, deletes: 0, selected: 0, confirms: 0 }
  const instance = config.warm
    ? { session: 1, trusted: 1, lease: 0, ...atRest }
    : { session: 0, trusted: 0, lease: lapsed(config), ...atRest }
  return {
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
    })),
    server: { epoch: 1, ...data },
    copy: config.crash ? { ...data } : { stamp: 0, entryVersion: 0, entryStamp: 0 },
    instances: Array.from({ length: config.instances }, () => ({ ...instance })),
    reads: Array.from({ length: config.reads }, nothingRead),
  }
}

/** All clocks at once: ages are capped where they no longer matter. */
function timePasses(state: State, config: Config, emit: Emit): void {
  const next = clone(state)
  const oldest = lapsed(config)
  for (const instance of next.instances) {
    instance.lease = Math.min(instance.lease + 1, oldest)
    if (instance.drain !== Draining.idle) instance.since = Math.min(instance.since + 1, oldest)
  }
  for (const write of next.writes) {
    if (counts(write, config)) write.age = Math.min(write.age + 1, waitsFor(config))
  }
  emit('time passes', -1, next)
}
