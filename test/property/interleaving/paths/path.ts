import { cacheSteps } from '../../../model/cache.ts'
import { type Config, lapsed } from '../../../model/config.ts'
import { databaseSteps, sessionSteps, sweepSteps } from '../../../model/crashes.ts'
import { holderSteps, registrySteps } from '../../../model/holders.ts'
import { initial, partyOfDrain, steps, timePasses } from '../../../model/protocol.ts'
import { memorySteps, readSteps } from '../../../model/reader.ts'
import type { State } from '../../../model/state.ts'
import type { StepName } from '../../../model/step-names.ts'
import { writeSteps } from '../../../model/writer.ts'

/** A step of the model: one of those of these names, of such a party, and after it what else is known of it. */
export interface Move {
  readonly of: readonly StepName[]
  readonly who: number
  readonly where?: (after: State, before: State) => boolean
  /** Gives a token of the state after it another name: `to` for `from`. */
  readonly named?: (after: State) => readonly [from: number, to: number] | undefined
}

/** One way in which the model may do what the code did: these moves, one after the other. None: nothing that it knows of. */
export interface Way {
  readonly when?: (state: State) => boolean
  readonly moves: readonly Move[]
}

/** The states in which the model may be, after what has been announced so far. */
export class Path {
  readonly #config: Config
  readonly #taken: Map<StepName, number>
  #states: readonly State[]
  #ticks = 0

  /** `taken`: counts how often each step was. */
  constructor(config: Config, taken: Map<StepName, number>) {
    this.#config = config
    this.#taken = taken
    this.#states = [initial(config)]
  }

  get states(): readonly State[] {
    return this.#states
  }

  /** Until so many ticks after the beginning. */
  until(ticks: number): void {
    const passed = ticks - this.#ticks
    if (passed <= 0) return
    this.#ticks = ticks
    const later: State[] = []
    for (const state of this.#states) {
      timePasses(state, this.#config, (_step, _who, next) => later.push(next), passed)
    }
    this.#count('time passes')
    this.#states = later
  }

  /** Goes all of the ways that the model allows. False, and nothing is changed, if it allows none. */
  go(ways: readonly Way[]): boolean {
    const reached = this.#states.flatMap((state) =>
      ways.flatMap(({ when, moves }) =>
        when === undefined || when(state)
          ? moves.reduce<readonly State[]>(
              (states, move) => states.flatMap((from) => this.#after(from, move)),
              [state],
            )
          : [],
      ),
    )
    if (reached.length === 0) return false
    // To compare states takes longer than to go on from one twice; only that they become no more and more must be seen to.
    this.#states = reached.length > this.#states.length ? distinct(reached) : reached
    return true
  }

  /** What would have been possible. */
  possible(): readonly StepName[] {
    const names = new Set<StepName>()
    for (const state of this.#states) steps(state, this.#config, (step) => names.add(step))
    names.delete('time passes')
    return [...names]
  }

  #after(state: State, { of, who, where, named }: Move): readonly State[] {
    const reached: State[] = []
    partyOf(of[0]!, this.#config, who)(state, this.#config, who, (step, number, next) => {
      if (!of.includes(step) || next.broken || (number !== who && number !== -1)) return
      if (where !== undefined && !where(next, state)) return
      this.#count(step)
      const name = named?.(next)
      reached.push(name === undefined ? next : renamed(next, ...name))
    })
    return reached
  }

  #count(step: StepName): void {
    this.#taken.set(step, (this.#taken.get(step) ?? 0) + 1)
  }
}

type Party = typeof readSteps

function partyOf(step: StepName, config: Config, number: number): Party {
  if (step === 'log: applied rows are swept')
    return (state, config, _who, emit) => sweepSteps(state, config, emit)
  if (step.startsWith('read: a hit in memory')) return memorySteps
  switch (step.split(':', 1)[0]) {
    case 'write':
      return writeSteps
    case 'drain':
      return partyOfDrain(config, number)
    case 'read':
      return readSteps
    case 'holder':
      return holderSteps
    case 'registry':
      return (state, config, _who, emit) => registrySteps(state, config, emit)
    case 'PostgreSQL':
      return (state, config, _who, emit) => databaseSteps(state, config, emit)
    case 'Redis':
      return (state, config, _who, emit) => cacheSteps(state, config, emit)
    default:
      return sessionSteps
  }
}

function distinct(states: readonly State[]): readonly State[] {
  return [...new Map(states.map((state) => [JSON.stringify(state), state])).values()]
}

/** Tokens are only ever compared, so that their names are free. */
function renamed(state: State, from: number, to: number): State {
  const name = (token: number) => (token === from ? to : token)
  for (const data of [state.server, state.copy]) {
    data.stamp = name(data.stamp)
    data.entryStamp = name(data.entryStamp)
  }
  for (const instance of state.instances) instance.stamp = name(instance.stamp)
  for (const read of state.reads) {
    read.fence = name(read.fence)
    read.entryStamp = name(read.entryStamp)
    read.current = name(read.current)
  }
  return state
}

/** A state, as far as it says why a step is none of it. */
export function tellState(state: State, config: Config): string {
  const { server, copy, registry } = state
  const old = lapsed(config)
  return JSON.stringify({
    version: state.version,
    answered: state.floor,
    server,
    copy,
    registry,
    instances: state.instances.map(({ lease, held, ...instance }) => ({
      lease: lease >= old ? 'none' : lease,
      held: held >= old ? 'none' : held,
      ...told(instance),
    })),
    writes: state.writes.map(told),
    reads: state.reads.map(told),
  })
}

/** Without what says nothing. */
function told(record: object): object {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== 0))
}
