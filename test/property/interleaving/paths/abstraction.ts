import { Keyspace } from '../../../../src/adapters/cache/keyspace.ts'
import type { Fence } from '../../../../src/application/consistency/ports/cache-port.ts'
import type { Holder } from '../../../../src/application/consistency/ports/invalidation-log.ts'
import { BASE, type Config, holds, type Kind, kindOf } from '../../../model/config.ts'
import { goneBehind } from '../../../model/memory-walk.ts'
import { Draining, NO_ROW, Reading, Registered, Row, type State, Writing } from '../../../model/state.ts'
import type { StepName } from '../../../model/step-names.ts'
import { isPending, rowsOf, shown } from '../../../model/walk.ts'
import type { Asked, LogLookup, Look, Step, Stored, Write } from '../simulation/steps.ts'
import { storedIn } from '../simulation/steps.ts'
import { versionView } from '../simulation/version-view.ts'
import type { Move, Way } from './path.ts'

/**
 * What a run of the simulation is in the model, seen from one tag of one view. The model has one view with one tag; so a
 * run is one of its runs for each tag of each view:
 *
 * - The stamp is that tag's, and the view's version is how many writes with that tag have committed: a write with another
 *   is one that the view does not show. An entry or a load of the real version v is of the version that v has so.
 * - Tokens are the real stamps: those that are equal are equal, and no others.
 * - A lookup under a lease is a read of the model; two, if it was a hit and was refreshed early. What it finds and does not
 *   use, for its age or for another tag's stamp, is `lookup finds no entry that counts`.
 * - Lookups that found no answer in time are given up, whenever: the model need not be told. Reads that bypass the cache are
 *   none of the model's, nor are those that are marked as unverified, but for the stamps that they make.
 * - A drain's DEL of the tag is the model's; any other of its commands that was confirmed is a DEL of nothing, which
 *   shows that the master is still the same. One that was not confirmed does what eviction does.
 * - Every look at the log must find what the model has there. Of the looks of one walk the first says what is due.
 * - L is 100 ticks of 10.05 ms of true time. A lease of 1,000 ms by a clock that is slow by 0.45 % lasts 1,004.5 ms, in
 *   which at most 100 ticks begin; 1,020 ms by one that is fast by as much are at least 1,015.4, in which at least 101 do.
 */
const LEASE_TICKS = 100
export const TICK_MS = 10.05

/** One view by one tag. */
export class Projection {
  readonly name: string
  readonly config: Config
  readonly #view: string
  readonly #tag: string
  readonly #place: number
  readonly #stamp: string
  readonly #entry: string
  readonly #writes: readonly Write[]
  /** Those of them to the view that PostgreSQL did not lose. */
  readonly #committed: readonly Write[]
  /** The model's reads of a lookup: that which has a hit, and that which goes on to load. */
  readonly #reads = new Map<Look, { readonly hit?: number; readonly fill?: number }>()
  readonly #tokens = new Map<string, number>()
  readonly #hits = new Set<Look | undefined>()
  /** The model's rows of the registry, which it never uses twice. */
  readonly #rows = new Map<string, number>()
  /** The model's reads of those that were answered without the cache, and which of the loads each was answered from. */
  readonly #past = new Map<Asked, number>()
  readonly #loads: ReadonlyMap<Step, readonly Asked[]>
  /** How many of the model's instances are one. */
  readonly #halves: number
  /** Of the lookups in memory, those in Redis that they led to. */
  readonly #behind: ReadonlyMap<Look, Look>

  /** `kinds`: what each instance is in the model, of which one may be two. */
  constructor(view: string, tag: string, kinds: readonly Kind[], instances: number, steps: readonly Step[]) {
    const keyspace = new Keyspace('')
    this.name = `${view} by ${tag}`
    this.#view = view
    this.#tag = tag
    this.#place = versionView.tags({ id: view }).indexOf(tag)
    this.#stamp = keyspace.stamp(tag)
    this.#entry = keyspace.entry(versionView.key({ id: view }))
    this.#writes = steps.flatMap((step) => (step.step === 'write: COMMIT is sent' ? [step.write] : []))
    this.#committed = steps.flatMap((step) =>
      step.step === 'write: COMMIT happens, with its row in the log' && step.write.view === view
        ? [step.write]
        : [],
    )
    this.#halves = kinds.length
    const behind = new Map<Look, Look>()
    for (const step of steps) {
      if (step.step !== 'read: lookup is sent') continue
      for (const look of step.looks)
        if (look.front !== undefined && !look.marked) behind.set(look.front, look)
    }
    let reads = 0
    for (const step of steps) {
      if (step.step === 'holder: registers') this.#rows.set(step.id, this.#rows.size)
      if (step.step === 'read: begins' && step.asked.past !== undefined && step.asked.view === view)
        this.#past.set(step.asked, reads++)
      // In the model reads begin in the order of their numbers.
      for (const look of looksOf(step, behind)) {
        const before = this.#reads.get(look)
        if (look.asked.view !== view || before?.fill !== undefined) continue
        const found = look.served !== undefined && !(inMemory(step) && look.front === undefined)
        const hits = (found || look.promoted !== undefined) && before === undefined
        const hit = hits ? { hit: reads++ } : before
        const answered = behind.get(look)?.resolved === true
        const goesOn = (look.served === undefined || look.load !== undefined) && !answered
        const sent = step.step !== 'read: an entry in L1 is looked at'
        const fill = goesOn && sent && !look.marked ? { fill: reads++ } : {}
        if (hit !== undefined || !sent || goesOn) this.#reads.set(look, { ...hit, ...fill })
      }
    }
    this.#behind = behind
    this.#loads = loadsOf(steps, this.#past)
    this.config = {
      ...BASE,
      instances: instances * kinds.length,
      kinds: Array.from({ length: instances }, () => kinds).flat(),
      rows: this.#rows.size,
      databaseCrash: 'again',
      sweeps: true,
      reads,
      writes: this.#writes.map(({ tags }) => tags.includes(tag)),
      lease: LEASE_TICKS,
      crash: 'again',
      losses: true,
      kills: steps.filter(({ step }) => step === 'instance: killed, and started again').length,
      fine: true,
    }
  }

  /** The ways in which the model can do it, one of which it must go. None are given for what it knows nothing of. */
  waysOf(step: Step): readonly Way[] | undefined {
    switch (step.step) {
      case 'session: made, with a master':
        return step.accepted ? one(step.step, this.#redisOf(step.slot)) : undefined
      case 'session: lost':
      case 'drain: DEL is confirmed, the session trusted':
        return one(step.step, this.#redisOf(step.slot))
      case 'memory: emptied':
      case 'instance: killed, and started again':
      case 'drain: Redis has not confirmed in time, and is bypassed':
        return one(step.step, this.#at(step.slot))
      case 'drain: t0 is noted, the session taken':
      case 'drain: ends':
        return one(step.step, step.within ? this.#redisOf(step.slot) : this.#at(step.slot))
      case 'write: COMMIT is sent':
      case 'write: COMMIT happens, with its row in the log':
      case 'write: COMMIT returns':
        return this.#write(step.step, step.write)
      case 'write: its outcome stays unknown':
        // PostgreSQL has crashed meanwhile.
        return [
          {
            when: ({ writes }) => writes[this.#writes.indexOf(step.write)]!.phase === Writing.lost,
            moves: [],
          },
          ...this.#write(step.step, step.write),
        ]
      case 'write: answered':
        return [{ moves: [{ of: ANSWERED, who: this.#writes.indexOf(step.write) }] }]
      case 'drain: looks at the log':
        return holds(kindOf(this.config, this.#at(step.slot))) && !step.found.within
          ? this.#looksForMemory(this.#at(step.slot), step.found)
          : this.#looks(this.#redisOf(step.slot), step.found)
      case 'drain: looks at what is left undone': {
        const { holders } = step.found
        if (holders === undefined || this.#rows.size === 0 || step.within) return undefined
        return one(step.step, this.#at(step.slot), (state) => this.#agrees(state, holders))
      }
      case 'drain: the stamps in memory are deleted': {
        const shows = step.tags.includes(this.#tag)
        const number = this.#at(step.slot)
        return one(step.step, number, (after, before) => {
          const [now, then] = [after.instances[number]!, before.instances[number]!]
          const front = kindOf(this.config, number) === 'front'
          if (!shows) return (front || now.done === then.done) && now.stamp === then.stamp
          const deleted = shown(
            rowsOf(after, ({ row }) => row !== Row.none),
            this.config,
          )
          // In front of Redis not all of it is applied by that.
          const applied = front ? deleted & goneBehind(before, number, this.config) : deleted
          const gone = deleted === 0 || now.stamp === 0 || now.linked === 0
          return gone && (applied & ~now.done) === 0
        })
      }
      case 'drain: it is acknowledged':
        return one(
          step.step,
          this.#at(step.slot),
          ({ instances }) => instances[this.#at(step.slot)]!.row === this.#rows.get(step.holder),
        )
      case 'holder: registers':
        return this.#registers(step)
      case 'registry: rows are retired':
        return this.#each2(step.ids, (row) => [
          { when: not(registered(row, Registered.active)), moves: [] },
          { when: registered(row, Registered.active), moves: [move('registry: a row is retired', row)] },
        ])
      case 'registry: rows are deleted':
        return this.#each2(step.ids, (row) => [
          { when: registered(row, Registered.none), moves: [] },
          {
            when: isOf(row, this.#at(step.slot)),
            moves: [move('holder: gives its lease up and leaves', this.#at(step.slot))],
          },
          ...DELETED.map((name) => ({
            when: not(registered(row, Registered.none)),
            moves: [move(name, row)],
          })),
        ])
      case 'log: an instance’s connection is lost':
        return this.#rows.size === 0 ? undefined : one(step.step, this.#at(step.slot))
      case 'log: applied rows are swept':
        return this.#rows.size === 0 ? undefined : one(step.step, -1)
      case 'PostgreSQL: crashes, and gives numbers out again':
        return one(step.step, -1)
      case 'drain: a stamp is deleted':
        return step.key === this.#stamp
          ? this.#deletes(this.#redisOf(step.slot), step.deletion.confirmed)
          : undefined
      case 'drain: the master is verified':
        return step.deletion.confirmed && !step.keys.includes(this.#stamp)
          ? one('drain: Redis deletes the stamps', this.#redisOf(step.slot), ({ instances }) => {
              return instances[this.#redisOf(step.slot)]!.deleted === 0
            })
          : undefined
      case 'drain: a mark is sent':
        return this.#marks('drain: a mark is sent', step, Row.pending, Row.marking)
      case 'drain: a row is marked':
        return this.#marks('drain: a row is marked', step, Row.marking, Row.applied)
      case 'read: begins': {
        const number = this.#past.get(step.asked)
        return number === undefined
          ? undefined
          : one(
              'read: begins without the cache',
              number,
              ({ reads }) => reads[number]!.at === this.#at(step.asked.slot),
            )
      }
      case 'read: loads without the cache': {
        const asked = this.#loads.get(step) ?? []
        const moves = asked.map((each) => move('read: loads without the cache', this.#past.get(each)!))
        return moves.length === 0 ? undefined : [{ moves }]
      }
      case 'read: answered without the cache': {
        const number = this.#past.get(step.asked)
        return number === undefined ? undefined : [{ when: phaseIs(number, Reading.over), moves: [] }]
      }
      case 'read: lookup in memory':
        return this.#finds2(step.look, step.fence)
      case 'read: what Redis had is kept in memory': {
        const { hit } = this.#reads.get(step.look!) ?? {}
        if (step.look?.asked.view !== this.#view) return undefined
        if (hit === undefined) return NONE
        const [version, stamp] = this.#known(step.stored)
        return one(step.step, hit, (_, { reads }) => {
          return reads[hit]!.version === version && reads[hit]!.current === stamp
        })
      }
      case 'read: the entry is kept in memory': {
        if (step.look === undefined || step.look.asked.view !== this.#view) return undefined
        const version = this.#versionOf(step.stored.version)
        const stamp = this.#token(step.stored.fence[this.#place] ?? '')
        return this.#fill(step.look, 'read: the entry is kept in memory alone', (read) => {
          return read.version === version && read.current === stamp
        })
      }
      case 'read: lookup is sent':
        return this.#each(step.looks, (number, { asked: { slot }, marked }) => [
          move(marked ? UNVERIFIED : LEASED, number, ({ reads }) => reads[number]!.at === this.#at(slot)),
        ])
      case 'read: an entry in L1 is looked at': {
        const { hit } = this.#reads.get(step.look) ?? {}
        if (hit === undefined) return undefined
        const [version, stamp] = this.#known(step.stored)
        return one(step.step, hit, ({ reads }) => {
          const { at, entryVersion, entryStamp } = reads[hit]!
          return at === this.#at(step.look.asked.slot) && entryVersion === version && entryStamp === stamp
        })
      }
      case 'read: what Redis had is kept in L1':
        return this.#promotes(step.look, step.stored)
      case 'read: the entry is kept in L1': {
        if (step.look === undefined || step.look.asked.view !== this.#view) return undefined
        const [version, stamp] = this.#known(step.stored)
        return this.#fill(step.look, step.step, (read) => read.version === version && read.fence === stamp)
      }
      case 'read: GET':
        if (!step.sent.ok) return undefined
        if (step.key === this.#stamp) return this.#observes(step)
        return step.key === this.#entry ? this.#finds(step) : undefined
      case 'read: SET NX':
        return step.key === this.#stamp ? this.#makes(step) : undefined
      case 'read: GET after SET NX':
        return step.key === this.#stamp && step.sent.ok && step.value !== null
          ? this.#readsBack(step.looks, step.value)
          : undefined
      case 'read: loads':
        if (!step.sent.ok || step.look.asked.view !== this.#view) return undefined
        return this.#fill(
          step.look,
          'read: loads',
          ({ version }) => version === this.#versionOf(step.version),
        )
      case 'read: answered by a load':
        return this.#joins(step.asked, step.version)
      case 'read: answered from the cache':
        if (step.asked.view !== this.#view || this.#hits.has(step.asked.look)) return undefined
        return this.#hitsInL1(step.asked.look)
      case 'read: SET of the entry is sent': {
        if (step.key !== this.#entry) return undefined
        const version = this.#versionOf(step.stored?.version ?? -1)
        const fence = this.#token(step.stored?.fence[this.#place] ?? '')
        return this.#fill(step.look, 'read: SET of the entry is sent', (read) => {
          return read.version === version && read.fence === fence
        })
      }
      case 'read: Redis stores the entry':
        return step.key === this.#entry ? this.#fill(step.look, 'read: Redis stores the entry') : undefined
      case 'Redis: loses a key':
        if (step.key === this.#stamp) return [{ moves: LOSES_STAMP }]
        return step.key === this.#entry ? [{ moves: LOSES_ENTRY }] : undefined
      case 'Redis: loses everything':
        return [losing(LOSES_STAMP, hasStamp), losing([], not(hasStamp))].flatMap((first) => [
          both(first, losing(LOSES_ENTRY, hasEntry)),
          both(first, losing([], not(hasEntry))),
        ])
      case 'Redis: is copied':
        return one('Redis: is copied', -1)
      case 'Redis: comes back':
        return one(
          step.with === 'a copy' ? 'Redis: comes back as its copy' : 'Redis: comes back with what it had',
          -1,
        )
    }
  }

  /** An instance, as the model numbers it: of a near cache its memory. */
  #at(slot: number): number {
    return slot * this.#halves
  }

  /** That whose session with Redis an instance has. */
  #redisOf(slot: number): number {
    return (slot + 1) * this.#halves - 1
  }

  /** How many of the writes that made the versions up to this one have the tag. */
  #versionOf(version: number): number {
    return this.#committed.filter((write) => write.version <= version && write.tags.includes(this.#tag))
      .length
  }

  /** Above all that the model gives out. */
  #token(stamp: string): number {
    let token = this.#tokens.get(stamp)
    if (token === undefined) {
      token = 1000 + this.#tokens.size
      this.#tokens.set(stamp, token)
    }
    return token
  }

  /** What is stored: its version, and the tag's stamp that it was stored under. */
  #known({ version, fence }: Stored): readonly [version: number, stamp: number] {
    return [this.#versionOf(version), this.#token(fence[this.#place] ?? '')]
  }

  /** Where both stamps are those of what L1 had, which is known when the last reply is there. */
  #hitsInL1(look: Look | undefined): readonly Way[] {
    const { hit } = (look && this.#reads.get(look)) ?? {}
    if (look?.inL1?.version !== look?.served || hit === undefined) return NONE
    return one(HITS_IN_L1, hit)
  }

  #promotes(look: Look | undefined, stored: Stored): readonly Way[] | undefined {
    if (look === undefined || look.asked.view !== this.#view) return undefined
    const { hit } = this.#reads.get(look) ?? {}
    if (hit === undefined) return NONE
    const [version, stamp] = this.#known(stored)
    return one('read: what Redis had is kept in L1', hit, ({ instances }) => {
      const { kept, stamp: under } = instances[this.#at(look.asked.slot)]!
      return kept === version + 1 && under === stamp
    })
  }

  #write(step: StepName, write: Write): readonly Way[] {
    const number = this.#writes.indexOf(write)
    return one(
      step,
      number,
      ({ writes }) => step !== 'write: COMMIT is sent' || writes[number]!.at === this.#at(write.slot),
    )
  }

  #rowsOf(rows: readonly string[]): readonly number[] {
    return this.#writes.flatMap(({ row }, index) => (rows.includes(row) ? [index] : []))
  }

  /** One and then the next, for each of these rows of the registry. */
  #each2(ids: readonly string[], ways: (row: number) => readonly Way[]): readonly Way[] | undefined {
    const rows = ids.flatMap((id) => this.#rows.get(id) ?? [])
    return rows.length === 0 ? undefined : rows.map(ways).reduce(combined)
  }

  /** Whether the registry holds just these. */
  #agrees({ registry }: State, holders: readonly Holder[]): boolean {
    const found = new Map(holders.map(({ id, retired }) => [this.#rows.get(id), retired]))
    return registry.every(({ registered }, row) => {
      const retired = found.get(row)
      const as = retired === undefined ? Registered.none : retired ? Registered.retired : Registered.active
      return registered === as
    })
  }

  #registers(step: Extract<Step, { step: 'holder: registers' }>): readonly Way[] {
    const { id, before, learned } = step
    const slot = this.#at(step.slot)
    const row = this.#rows.get(id)!
    const old = before === undefined ? undefined : this.#rows.get(before)
    const gone = ({ registry }: State) => old === undefined || registry[old]!.registered === Registered.none
    const registers = move(learned ? REGISTERS : REGISTERS_UNKNOWN, slot, (after, state) => {
      const own = state.instances[slot]!.row
      const leaves = own !== NO_ROW && after.registry[own]!.registered !== state.registry[own]!.registered
      return (
        gone(after) &&
        (!leaves || own === old || learned) &&
        after.registry[row]!.registered === Registered.active
      )
    })
    const ways: Way[] = [{ moves: [registers] }]
    if (old !== undefined)
      ways.push({
        when: (state) => !gone(state),
        moves: [move('registry: the row of a process that is gone is deleted', old), registers],
      })
    return ways
  }

  /** Of the looks of one walk the first says what is due, and who holds. One that catches up, from nothing known on, need not. */
  #looksForMemory(slot: number, { kept, known, rows, missed, holders = [] }: LogLookup) {
    if (rows === undefined || (kept && missed)) return undefined
    const found = maskOf(this.#rowsOf(rows))
    const agrees = (state: State) => this.#agrees(state, holders)
    const catchesUp = kept && !known
    const caughtUp = ({ instances }: State) => instances[slot]!.drain === Draining.begun
    const front = kindOf(this.config, slot) === 'front'
    const looked = ({ instances }: State) => instances[slot]!.replaying === 1
    return [
      ...(catchesUp
        ? [
            { when: (state: State) => caughtUp(state) && (!front || looked(state)), moves: [] },
            ...(front ? one('drain: looks at the kept rows', slot) : []),
          ]
        : []),
      ...one('drain: looks at the pending rows', slot, (state, before) => {
        const [now, then] = [state.instances[slot]!, before.instances[slot]!]
        const due = (shown(now.selected, this.config) & ~found) === 0
        // The code takes a memory for new where no drain has come to its end.
        const asNew = front || now.selected === 0
        const asItIs = then.trusted === 0 || (kept ? now.seen === then.seen : asNew)
        return due && asItIs && agrees(state)
      }),
      {
        when: (state: State) => state.instances[slot]!.drain === Draining.walking && agrees(state),
        moves: [],
      },
    ]
  }

  /** Lease, stamp and entry are looked at in one tick. */
  #finds2(look: Look, fence: Fence): readonly Way[] | undefined {
    if (look.marked || look.asked.view !== this.#view) return undefined
    const slot = this.#at(look.asked.slot)
    const stamp = this.#token(fence[this.#place] ?? '')
    const ways: Way[][] = []
    if (look.served !== undefined) {
      const version = this.#versionOf(look.served)
      this.#hits.add(look)
      ways.push([
        ...one(HITS_IN_MEMORY, slot, ({ instances }) => {
          const { kept, stamp: there } = instances[slot]!
          return kept - 1 === version && there === stamp
        }),
      ])
    }
    const behind = this.#reads.get(this.#behind.get(look)!)
    for (const number of [this.#reads.get(look)?.fill, behind?.hit, behind?.fill]) {
      if (number === undefined) continue
      const named: Move = {
        ...move('read: lookup in memory finds no entry that counts', number, ({ reads }, before) => {
          const { at, current } = reads[number]!
          return at === slot && (before.instances[slot]!.stamp === 0 || current === stamp)
        }),
        named: ({ reads }) => [reads[number]!.current, stamp],
      }
      ways.push([{ moves: [named] }])
    }
    return ways.length === 0 ? undefined : ways.reduce(combined)
  }

  #looks(slot: number, { kept, rows }: { readonly kept: boolean; readonly rows?: readonly string[] }) {
    // No answer came: the drain knows nothing of it.
    if (rows === undefined) return undefined
    const found = maskOf(this.#rowsOf(rows))
    if (kept) {
      const again = ({ instances }: State) => {
        const { trusted, replaying, linked } = instances[slot]!
        return trusted === 1 || replaying === 1 || linked === 0
      }
      return [
        { when: again, moves: [] },
        ...one('drain: looks at the kept rows', slot, ({ instances }) => instances[slot]!.toReplay === found),
      ]
    }
    const agrees = (state: State) => rowsOf(state, isPending) === found
    const step = 'drain: looks again, and another has marked a row'
    const news = (state: State) => {
      const { drain, selected, done } = state.instances[slot]!
      const applied = rowsOf(state, ({ row }) => row === Row.applied)
      return drain === Draining.walking ? selected & applied & ~done : undefined
    }
    return [
      ...one('drain: looks at the pending rows', slot, agrees),
      { when: (state: State) => agrees(state) && news(state) === 0, moves: [] },
      { when: (state: State) => (news(state) ?? 0) !== 0, moves: [move(step, slot, agrees)] },
    ]
  }

  #deletes(slot: number, confirmed: boolean): readonly Way[] {
    if (!confirmed) return [losing(LOSES_STAMP, hasStamp), losing([], not(hasStamp))]
    return one('drain: Redis deletes the stamps', slot, ({ instances }) => instances[slot]!.deleted !== 0)
  }

  #marks(
    step: StepName,
    { slot, rows }: { readonly slot: number; readonly rows: readonly string[] },
    from: number,
    to: number,
  ): readonly Way[] {
    return this.#rowsOf(rows).reduce<readonly Way[]>(
      (ways, index) =>
        ways.flatMap((way) => [
          // Another instance was sooner.
          both(way, { when: ({ writes }) => beyond(writes[index]!.row, from), moves: [] }),
          both(way, {
            when: ({ writes }) => writes[index]!.row === from,
            moves: [move(step, this.#redisOf(slot), ({ writes }) => writes[index]!.row === to)],
          }),
        ]),
      [{ moves: [] }],
    )
  }

  #observes({ value, looks }: { readonly value: Buffer | null; readonly looks: readonly Look[] }) {
    const stamp = value === null ? undefined : this.#token(value.toString('latin1'))
    return this.#each(looks, (number, { inL1 }, fills) =>
      stamp === undefined
        ? [move('read: lookup finds no stamp, SET NX and GET are sent', number)]
        : [
            move('read: GET of the stamp is executed', number, ({ reads }) => reads[number]!.fence === stamp),
            // The entry is not asked for.
            ...(inL1 && fills ? [move('read: lookup finds no entry that counts', number)] : []),
          ],
    )
  }

  /** Where the tag has no stamp yet, nothing that is found under the key counts. */
  #finds({ value, looks }: { readonly value: Buffer | null; readonly looks: readonly Look[] }) {
    const stored = value === null ? undefined : storedIn(value)
    const ways: Way[][] = []
    for (const look of looks) {
      const reads = this.#reads.get(look)
      if (reads === undefined || look.inL1 !== undefined) continue
      const { hit, fill } = reads
      if (hit !== undefined) {
        this.#hits.add(look)
        const version = this.#versionOf(stored?.version ?? -1)
        const right = stored !== undefined && stored.version === (look.served ?? look.promoted)
        ways.push(right ? [...one(HITS, hit, (_, { server }) => server.entryVersion === version)] : [])
      }
      if (fill !== undefined) {
        const waits = ({ reads }: State) => reads[fill]!.phase === Reading.stamped
        ways.push([
          { when: waits, moves: [move('read: lookup finds no entry that counts', fill)] },
          { when: not(waits), moves: [] },
        ])
      }
    }
    return ways.length === 0 ? undefined : ways.reduce(combined)
  }

  #makes({
    looks,
    token,
    made,
  }: {
    readonly looks: readonly Look[]
    readonly token: string
    readonly made: boolean
  }) {
    const name = this.#token(token)
    const ways: Way[][] = looks.some(({ asked }) => asked.view === this.#view) ? [[{ moves: [] }]] : []
    let makes = made
    for (const look of looks) {
      const number = this.#fillOf(look)
      if (number === undefined) {
        if (look.asked.view !== this.#view || !look.marked || !makes) continue
        const step = 'Redis: a read that is marked unverified makes the stamp' as const
        ways.push([
          {
            when: not(hasStamp),
            moves: [{ ...move(step, -1), named: ({ server }) => [server.stamp, name] }],
          },
        ])
      } else {
        const isMaking = ({ reads }: State) => reads[number]!.phase === Reading.making
        const isLate = ({ reads }: State) => reads[number]!.phase === Reading.late
        const first = makes
        const as = (step: StepName): Move => ({
          ...move(step, number, (_, before) => (before.server.stamp === 0) === first),
          ...(first && { named: ({ server }: State) => [server.stamp, name] as const }),
        })
        ways.push([
          { when: isMaking, moves: [as('read: SET NX is executed')] },
          ...(first
            ? [{ when: isLate, moves: [as('read: SET NX arrives late')] }]
            : [{ when: not(isMaking), moves: [] }]),
        ])
      }
      makes = false
    }
    return ways.length === 0 ? NONE : ways.reduce(combined)
  }

  #readsBack(looks: readonly Look[], value: Buffer) {
    const stamp = this.#token(value.toString('latin1'))
    const reads = this.#fills(looks)
    return this.#together(reads, (number) => {
      const back = move(
        'read: SET NX and GET give the stamp',
        number,
        ({ reads }) => reads[number]!.fence === stamp,
      )
      return [
        { when: phaseIs(number, Reading.made), moves: [back] },
        // Its SET NX was refused: the server was full.
        { when: phaseIs(number, Reading.making), moves: [move('read: SET NX is executed', number), back] },
      ]
    })
  }

  #joins({ view, look }: Look['asked'], real: number): readonly Way[] | undefined {
    if (view !== this.#view) return undefined
    if (look?.load !== undefined) return look.load.version === real ? undefined : NONE
    const version = this.#versionOf(real)
    const number = this.#fillOf(look)
    return this.#fill(look, 'read: joins a load under the same stamp', undefined, ({ reads }) => {
      const { at, fence, current } = reads[number!]!
      return reads.some(
        (other) =>
          other.at === at &&
          other.fence === fence &&
          other.current === current &&
          other.version === version &&
          FLYING.has(other.phase),
      )
    })
  }

  /** The model's read of it that goes on without a hit. */
  #fillOf(look: Look | undefined): number | undefined {
    return look === undefined ? undefined : this.#reads.get(look)?.fill
  }

  #fill(
    look: Look | undefined,
    step: StepName,
    where?: (read: State['reads'][number]) => boolean,
    when?: (state: State) => boolean,
  ): readonly Way[] {
    const number = this.#fillOf(look)
    // No lookup of it was under a lease.
    if (number === undefined) return NONE
    return [
      { ...(when && { when }), moves: [move(step, number, ({ reads }) => where?.(reads[number]!) ?? true)] },
    ]
  }

  #fills(looks: readonly Look[]): readonly number[] {
    return looks.flatMap((look) => this.#fillOf(look) ?? [])
  }

  /** The same for all of the model's reads of these lookups. */
  #each(
    looks: readonly Look[],
    moves: (number: number, look: Look, fills: boolean) => readonly Move[],
  ): readonly Way[] | undefined {
    const all = looks.flatMap((look) => {
      const { hit, fill } = this.#reads.get(look) ?? {}
      return [hit, fill].flatMap((number) =>
        number === undefined ? [] : moves(number, look, number === fill),
      )
    })
    return all.length === 0 ? undefined : [{ moves: all }]
  }

  #together(reads: readonly number[], ways: (number: number) => readonly Way[]): readonly Way[] | undefined {
    return reads.length === 0 ? undefined : reads.map(ways).reduce(combined)
  }
}

const HITS: readonly StepName[] = [
  'read: lookup finds a hit',
  'read: lookup finds a hit after an answered write',
]
const HITS_IN_L1: readonly StepName[] = ['read: a hit in L1', 'read: a hit in L1 after an answered write']
const REGISTERS = 'holder: registers, its new row in the place of its old one'
const REGISTERS_UNKNOWN = 'holder: registers, and never learns of it'
const LEASED = 'read: lookup is sent, under a lease, on a trusted session'
const UNVERIFIED = 'read: lookup is sent, to be marked unverified'
const HITS_IN_MEMORY: readonly StepName[] = [
  'read: a hit in memory',
  'read: a hit in memory after an answered write',
]
const DELETED: readonly StepName[] = [
  'registry: a retired row is deleted',
  'registry: the row of a process that is gone is deleted',
]
const ANSWERED: readonly StepName[] = [
  'write: answered, every holder has acknowledged it',
  'write: answered, its row was applied by another',
  'write: answered, the lease is waited out',
]
const FLYING: ReadonlySet<number> = new Set([Reading.loaded, Reading.storing, Reading.stored])
const LOSES_STAMP = [move('Redis: evicts the stamp', -1)]
const LOSES_ENTRY = [move('Redis: evicts the entry', -1)]

/** Nothing that the model knows leads to it. */
const NONE: readonly Way[] = []

type When = (state: State) => boolean
const hasStamp: When = ({ server }) => server.stamp !== 0
const hasEntry: When = ({ server }) => server.entryStamp !== 0
const not =
  (when: When): When =>
  (state) =>
    !when(state)
const phaseIs =
  (number: number, phase: number): When =>
  ({ reads }) =>
    reads[number]!.phase === phase
const registered =
  (row: number, as: number): When =>
  ({ registry }) =>
    registry[row]!.registered === as
const isOf =
  (row: number, slot: number): When =>
  ({ instances }) =>
    instances[slot]!.row === row
const losing = (moves: readonly Move[], when: When): Way => ({ when, moves })

function move(step: StepName, who: number, where?: Move['where']): Move {
  return { of: [step], who, ...(where && { where }) }
}

function one(step: StepName | readonly StepName[], who: number, where?: Move['where']): readonly Way[] {
  return [{ moves: [{ of: typeof step === 'string' ? [step] : step, who, ...(where && { where }) }] }]
}

/** One and then the other, where both may be in the state that there is before. */
function both(first: Way, second: Way): Way {
  const when = (state: State) => (first.when?.(state) ?? true) && (second.when?.(state) ?? true)
  return { when, moves: [...first.moves, ...second.moves] }
}

function combined(some: readonly Way[], others: readonly Way[]): Way[] {
  return some.flatMap((way) => others.map((other) => both(way, other)))
}

/** What a step looks up for readers; in memory, also what is asked of Redis then. */
function looksOf(step: Step, behind: ReadonlyMap<Look, Look>): readonly Look[] {
  if (step.step === 'read: lookup in memory') return [step.look, behind.get(step.look) ?? []].flat()
  if (step.step === 'read: an entry in L1 is looked at')
    return step.look.served === undefined ? [] : [step.look]
  return step.step === 'read: lookup is sent' ? step.looks : []
}

const inMemory = ({ step }: Step) => step === 'read: lookup in memory'

/**
 * From which load each read without the cache was answered: its own, or one of its instance that it waited for. Of those
 * that were executed since the read began the last that fits will do.
 */
function loadsOf(
  steps: readonly Step[],
  reads: ReadonlyMap<Asked, number>,
): ReadonlyMap<Step, readonly Asked[]> {
  const of = new Map<Step, Asked[]>()
  const since = new Map<Asked, number>()
  for (const [index, step] of steps.entries()) {
    if (step.step === 'read: begins' && reads.has(step.asked)) since.set(step.asked, index)
    if (step.step !== 'read: answered without the cache' || !reads.has(step.asked)) continue
    const { view, slot, past } = step.asked
    const load = steps
      .slice(since.get(step.asked), index)
      .findLast(
        (each) =>
          each.step === 'read: loads without the cache' &&
          each.asked.view === view &&
          each.asked.slot === slot &&
          each.version === past?.version,
      )
    if (load !== undefined) of.set(load, [...(of.get(load) ?? []), step.asked])
  }
  return of
}

const maskOf = (rows: readonly number[]) => rows.reduce((mask, row) => mask | (1 << row), 0)

/** Whether a row has come further than that: pending, its mark sent, applied, swept. */
function beyond(row: number, than: number): boolean {
  return row === Row.applied || row === Row.swept || (than === Row.pending && row === Row.marking)
}
