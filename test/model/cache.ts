import type { Config } from './config.ts'
import { clone, freshToken, type State } from './state.ts'
import type { Emit, StepName } from './step-names.ts'

/** What Redis does unasked: it evicts, and comes back as an older copy of itself. */
export function cacheSteps(state: State, config: Config, emit: Emit): void {
  const { server } = state
  const to = (step: StepName, change: (next: State) => void): void => {
    const next = clone(state)
    change(next)
    emit(step, -1, next)
  }
  if (config.evictions && server.stamp !== 0) {
    to('Redis: evicts the stamp', (next) => {
      next.server.stamp = 0
    })
  }
  if (config.evictions && server.entryStamp !== 0) {
    to('Redis: evicts the entry', (next) => Object.assign(next.server, { entryVersion: 0, entryStamp: 0 }))
  }
  if (config.fine && config.evictions && server.stamp === 0) {
    to('Redis: a read that is marked unverified makes the stamp', (next) => {
      next.server.stamp = freshToken(state)
    })
  }
  if (!config.crash || (config.crash !== 'again' && server.epoch === 2)) return
  const { stamp, entryVersion, entryStamp } = server
  to('Redis: is copied', (next) => Object.assign(next.copy, { stamp, entryVersion, entryStamp }))
  to('Redis: comes back as its copy', (next) => {
    Object.assign(next.server, next.copy, { epoch: server.epoch + 1 })
    if (config.crash !== 'again') Object.assign(next.copy, { stamp: 0, entryVersion: 0, entryStamp: 0 })
  })
  if (config.crash !== 'again') return
  to('Redis: comes back with what it had', (next) => {
    next.server.epoch = server.epoch + 1
  })
}
