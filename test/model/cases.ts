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
const ACKNOWLEDGED: StepName = 'write: answered, every holder has acknowledged it'
const IN_MEMORY: StepName = 'read: a hit in memory after an answered write'
const DELETED_ROW: StepName = 'registry: a retired row is deleted'
const PROMOTED: StepName = 'read: what Redis had is kept in memory'
/** By the one read there is, which did not fill it. */
const IN_L1: StepName = 'read: a hit in L1'
const PROMOTED_TO_L1: StepName = 'read: what Redis had is kept in L1'
const MARKED: StepName = 'drain: a row is marked'
const BYPASSED: StepName = 'drain: Redis has not confirmed in time, and is bypassed'

/** A filled cache in memory, a lease of one tick; retired, left and registered anew at any time. */
const MEMORY = { warm: true, evictions: false, reads: 1, lease: 0 } as const
/** One such, and an instance without a cache that writes too. */
const WRITER = { ...MEMORY, kinds: ['private', 'none'], rows: 1 } as const
/** Each command of Redis and each look at the log apart, as the runs of the simulation that are held against it. */
const FINE = { fine: true, warm: true, reads: 1, lease: 0 } as const
/** An L1 over Redis, likewise. */
const FINE_L1 = { ...FINE, evictions: false, instances: 1, kinds: ['tiered'] } as const
/** One holder, likewise. */
const FINE_HOLDER = { ...FINE, evictions: false, instances: 1, kinds: ['private'], rows: 1 } as const
const HOLDERS = { ...MEMORY, kinds: ['private', 'private'], rows: 2 } as const

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
  {
    name: 'one holder, a longer lease',
    where: { ...MEMORY, instances: 1, kinds: ['private'], rows: 1, lease: 1 },
    sees: [IN_MEMORY, ACKNOWLEDGED, WAITED, DELETED_ROW, 'holder: gives its lease up and leaves'],
  },
  {
    name: 'one holder and a writer without a cache, one killed at any step',
    where: { ...WRITER, rows: 2, kills: 1 },
    sees: [IN_MEMORY, ACKNOWLEDGED, WAITED, DELETED_ROW, 'instance: killed, and started again'],
  },
  {
    name: 'one holder and a writer without a cache, PostgreSQL crashes, connections lost at any time',
    where: { ...WRITER, databaseCrash: true, losses: true },
    sees: [IN_MEMORY, ACKNOWLEDGED, 'PostgreSQL: crashes, and gives numbers out again'],
  },
  {
    name: 'one near cache',
    where: { ...MEMORY, instances: 1, kinds: ['near'], rows: 1 },
    sees: [IN_MEMORY, ACKNOWLEDGED, WAITED, PROMOTED, BYPASSED, STORED],
  },
  {
    name: 'in fine steps: one instance, killed at any step',
    where: { ...FINE, instances: 1, evictions: false, kills: 1 },
    sees: [ACKNOWLEDGED, HELPED, WAITED, MARKED, STORED, 'instance: killed, and started again'],
  },
  {
    name: 'in fine steps: one instance, connections lost at any time, evictions',
    where: { ...FINE, instances: 1, losses: true },
    sees: [ACKNOWLEDGED, HELPED, WAITED, MARKED, STORED, 'write: its outcome stays unknown', 'session: lost'],
  },
  {
    name: 'in fine steps: one L1 over Redis, killed at any step',
    where: { ...FINE_L1, kills: 1 },
    sees: [IN_L1, PROMOTED_TO_L1, 'read: the entry is kept in L1', ACKNOWLEDGED, WAITED, MARKED],
  },
  {
    name: 'in fine steps: one holder',
    where: { ...FINE_HOLDER, sweeps: true },
    sees: [IN_MEMORY, ACKNOWLEDGED, WAITED, DELETED_ROW, 'log: applied rows are swept'],
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
  { name: 'two holders', where: HOLDERS, sees: [IN_MEMORY, ACKNOWLEDGED, WAITED, DELETED_ROW] },
  {
    name: 'one holder beside a shared cache',
    where: { ...MEMORY, kinds: ['shared', 'private'], rows: 1 },
    sees: [IN_MEMORY, ACKNOWLEDGED, WAITED, HELPED, STORED],
  },
  {
    name: 'one near cache and a writer without a cache',
    where: { ...MEMORY, kinds: ['near', 'none'], rows: 1 },
    sees: [IN_MEMORY, ACKNOWLEDGED, HELPED, PROMOTED, BYPASSED],
  },
  {
    name: 'two writes to one holder and a writer without a cache',
    where: { ...WRITER, writes: [true, true] },
    sees: [IN_MEMORY, ACKNOWLEDGED, WAITED],
  },
  {
    name: 'in fine steps: one instance, restarts from an older copy',
    where: { ...FINE, instances: 1, evictions: false, crash: true },
    sees: [ACKNOWLEDGED, OLD, HELPED, WAITED, MARKED],
  },
  {
    name: 'in fine steps: one instance, two reads from an empty cache',
    where: { ...FINE, instances: 1, warm: false, evictions: false, reads: 2, lease: 1 },
    sees: [
      ACKNOWLEDGED,
      HIT,
      MISSED,
      STORED,
      'read: SET NX is executed',
      'read: joins a load under the same stamp',
    ],
  },
  {
    name: 'in fine steps: two instances, one read of a filled cache',
    where: { ...FINE, evictions: false },
    sees: [ACKNOWLEDGED, HELPED, WAITED, 'drain: looks again, and another has marked a row'],
  },
  {
    name: 'in fine steps: one L1 over Redis, connections lost at any time, evictions',
    where: { ...FINE_L1, losses: true, evictions: true },
    sees: [IN_L1, PROMOTED_TO_L1, STORED, HELPED, 'session: lost'],
  },
  {
    name: 'in fine steps: one L1 over Redis, two reads',
    where: { ...FINE_L1, reads: 2 },
    sees: ['read: a hit in L1 after an answered write', PROMOTED_TO_L1],
  },
  {
    name: 'in fine steps: one L1 over Redis, restarts from an older copy',
    where: { ...FINE_L1, crash: true },
    sees: [IN_L1, PROMOTED_TO_L1, OLD],
  },
  {
    name: 'in fine steps: one holder, killed at any step',
    where: { ...FINE_HOLDER, kills: 1 },
    sees: [IN_MEMORY, ACKNOWLEDGED, WAITED, 'registry: the row of a process that is gone is deleted'],
  },
  {
    name: 'in fine steps: one holder, connections lost at any time',
    where: { ...FINE_HOLDER, losses: true },
    sees: [IN_MEMORY, ACKNOWLEDGED, WAITED, 'holder: registers, and never learns of it'],
  },
  {
    name: 'in fine steps: one holder, PostgreSQL crashes',
    where: { ...FINE_HOLDER, databaseCrash: true },
    sees: [IN_MEMORY, ACKNOWLEDGED, WAITED, 'PostgreSQL: crashes, and gives numbers out again'],
  },
]

/** Larger surroundings: 37 million states, some 30 minutes on one core, 1.2 GB. */
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
    name: 'in fine steps: one L1 over Redis, and one instance without',
    where: { ...FINE_L1, instances: 2, kinds: ['shared', 'tiered'] },
    sees: [IN_L1, PROMOTED_TO_L1, HELPED],
  },
  {
    name: 'in fine steps: one holder, emptied at any time',
    where: { ...FINE_HOLDER, evictions: true },
    sees: [IN_MEMORY, ACKNOWLEDGED, WAITED, 'memory: emptied'],
  },
  {
    name: 'two writes and a fail-over',
    where: { lease: 0, reads: 1, writes: [true, true], crash: true, warm: true, evictions: false },
    sees: [OLD, WAITED, HELPED],
  },
]
