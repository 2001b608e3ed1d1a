import type { Host } from './host.ts'
import type { Prng } from './prng.ts'

/** Something that can happen next. */
export interface Step {
  /** Whose progress it is: what PCT gives priorities to. */
  readonly lane: string
  readonly label: string
  /** The process it happens in; absent for what happens in a server or on the network. */
  readonly host?: Host
  readonly ready?: () => boolean
  /** For a timer: the true time, in ms, at which it becomes ready. */
  readonly dueAt?: () => number
  readonly run: () => void
}

export type Mode = 'uniform' | 'pct'

export interface SchedulerOptions {
  readonly mode: Mode
  /** How likely time passes although something else could happen. */
  readonly tickChance: number
  readonly trace?: string[]
}

/** Roughly how many steps a schedule has: where PCT puts its change points. */
const TYPICAL_STEPS = 250
/** True time that a step takes, in ms. */
const STEP_MS = 0.05
const CHANGE_POINTS = 4

/**
 * The event loop of the simulated world. Whatever the production code waits for is a step here, and a seeded choice
 * decides which one happens next: uniformly, or by PCT (Burckhardt et al., ASPLOS 2010) – every lane has a random
 * priority, the highest that is ready goes on, and at a few random points the one that runs becomes the lowest.
 */
export class Scheduler {
  /** True time, in ms. No process sees it. */
  time = 0
  /** Steps so far. */
  count = 0
  readonly #random: Prng
  readonly #options: SchedulerOptions
  #steps: Step[] = []
  readonly #priorities = new Map<string, number>()
  readonly #changePoints: ReadonlySet<number>

  constructor(random: Prng, options: SchedulerOptions) {
    this.#random = random
    this.#options = options
    this.#changePoints = new Set(Array.from({ length: CHANGE_POINTS }, () => random.below(TYPICAL_STEPS)))
  }

  /** Returns a function that takes the step back. */
  add(step: Step): () => void {
    this.#steps.push(step)
    return () => this.#remove(step)
  }

  /** Resolves when the step is chosen. */
  wait(step: Omit<Step, 'run'>): Promise<void> {
    return new Promise((run) => this.add({ ...step, run }))
  }

  drop(host: Host): void {
    this.#steps = this.#steps.filter((step) => step.host !== host)
  }

  note(text: string): void {
    this.#options.trace?.push(`${this.time.toFixed(2).padStart(9)}  ${text}`)
  }

  /** Makes one thing happen, or lets time pass. False when nothing can happen any more. */
  step(): boolean {
    const ready = this.#steps.filter((step) => step.host?.runs !== false && (step.ready?.() ?? true))
    if (ready.length === 0 || this.#random.chance(this.#options.tickChance))
      return this.#tick(ready.length > 0)
    const step = this.#options.mode === 'pct' ? this.#highest(ready) : this.#random.pick(ready)
    this.#remove(step)
    this.count += 1
    this.time += STEP_MS
    this.note(`${step.lane}: ${step.label}`)
    step.run()
    return true
  }

  #remove(step: Step): void {
    const at = this.#steps.indexOf(step)
    if (at !== -1) this.#steps.splice(at, 1)
  }

  #highest(ready: readonly Step[]): Step {
    let best: Step | undefined
    let most = Number.NEGATIVE_INFINITY
    for (const step of ready) {
      const priority = this.#priorityOf(step.lane)
      if (priority > most) {
        best = step
        most = priority
      }
    }
    if (best === undefined) throw new RangeError('Nothing is ready')
    if (this.#changePoints.has(this.count)) this.#priorities.set(best.lane, -this.count - 1)
    return best
  }

  #priorityOf(lane: string): number {
    let priority = this.#priorities.get(lane)
    if (priority === undefined) {
      priority = this.#random.fraction()
      this.#priorities.set(lane, priority)
    }
    return priority
  }

  /** To the next timer, part of the way, or past it: a process may be slow. */
  #tick(mayStayIdle: boolean): boolean {
    const next = this.#untilNextTimer()
    if (next === undefined && !mayStayIdle) return false
    const kind = this.#random.below(4)
    if (next !== undefined && kind < 2) this.time += next
    else if (next !== undefined && kind === 2) this.time += next * this.#random.fraction()
    else this.time += this.#random.pick(JUMPS_MS) * this.#random.fraction()
    return true
  }

  #untilNextTimer(): number | undefined {
    let least: number | undefined
    for (const step of this.#steps) {
      if (step.dueAt === undefined || step.host?.runs === false) continue
      const left = step.dueAt() - this.time
      if (left > 0 && (least === undefined || left < least)) least = left
    }
    return least
  }
}

const JUMPS_MS = [5, 60, 350, 1100]
