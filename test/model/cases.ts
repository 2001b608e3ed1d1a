import type { Config } from './config.ts'
import type { StepName } from './step-names.ts'

/** Surroundings in which all is searched. */
export interface Case {
  readonly name: string
  readonly where: Partial<Config>
  /** Steps that must have been taken somewhere: a space in which they never are proves little. */
  readonly sees: readonly StepName[]
}

const HIT: StepName = 'read: lookup finds a hit after an answered write'
const MISSED: StepName = 'read: lookup finds no entry that counts'
const WAITED: StepName = 'write: answered, the lease is waited out'
const HELPED: StepName = 'write: answered, its row was applied by another'
const DELETED: StepName = 'drain: DEL is confirmed, the session trusted'
const LOST: StepName = 'drain: given up'
const OLD: StepName = 'Redis: comes back as its copy'
const STORED: StepName = 'read: Redis stores the entry'

export const CASES: readonly Case[] = [
  {
    name: 'one instance, two reads, evictions, from an empty cache',
    where: { instances: 1 },
    sees: [HIT, MISSED, WAITED, LOST, STORED, 'read: SET NX arrives late', 'Redis: evicts the stamp'],
  },
  {
    name: 'two instances, one read, evictions',
    where: { reads: 1 },
    sees: [WAITED, HELPED, LOST, STORED],
  },
  {
    name: 'two instances, one killed at any step',
    where: { reads: 1, warm: true, evictions: false, kills: 1 },
    sees: ['instance: killed, and started again', WAITED, HELPED],
  },
  {
    name: 'two instances, a longer lease',
    where: { reads: 1, lease: 2, evictions: false, warm: true },
    sees: [WAITED, HELPED],
  },
]

/** More than 200,000 states each. */
export const MORE: readonly Case[] = [
  {
    name: 'one instance, two reads, a restart from an older copy',
    where: { instances: 1, crash: true, warm: true },
    sees: [HIT, OLD, 'session: lost', 'session: made, with a master', DELETED, WAITED],
  },
  {
    name: 'two instances, two reads of a filled cache',
    where: { warm: true, evictions: false },
    sees: [HIT, MISSED, WAITED, HELPED, 'read: joins a load under the same stamp'],
  },
  {
    name: 'two instances, a fail-over to an older copy, a lease of one tick',
    where: { lease: 0, reads: 1, crash: true, warm: true, evictions: false },
    sees: [OLD, WAITED, HELPED, DELETED],
  },
  {
    name: 'two instances, two writes, of which the view shows the first, a lease of one tick',
    where: { lease: 0, reads: 1, writes: [true, false], warm: true, evictions: false },
    sees: [WAITED, HELPED],
  },
]

/** Larger surroundings: 33 million states, some 25 minutes on one core, 1.2 GB. */
export const EXTRA: readonly Case[] = [
  {
    name: 'two instances, a fail-over to an older copy',
    where: { reads: 1, crash: true, warm: true, evictions: false },
    sees: [OLD, WAITED, HELPED, DELETED],
  },
  {
    name: 'two instances, two writes, of which the view shows the first',
    where: { reads: 1, writes: [true, false], warm: true, evictions: false },
    sees: [WAITED, HELPED],
  },
  {
    name: 'two instances, two reads, connections lost at any time, evictions',
    where: { losses: true },
    sees: [HIT, WAITED, HELPED],
  },
  {
    name: 'three instances, two reads of a filled cache',
    where: { instances: 3, warm: true, evictions: false },
    sees: [HIT, WAITED, HELPED],
  },
  {
    name: 'two writes and a fail-over',
    where: { lease: 0, reads: 1, writes: [true, true], crash: true, warm: true, evictions: false },
    sees: [OLD, WAITED, HELPED],
  },
]
