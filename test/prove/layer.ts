export const LAYERS = ['coverage', 'space', 'simulation', 'model', 'chaos', 'teeth'] as const
export type LayerName = (typeof LAYERS)[number]

export interface Budget {
  /** Of the simulation, over all worlds. */
  readonly schedules: number
  /** Of chaos. */
  readonly minutes: number
  readonly seed: number
  /** Worlds of coverage on each database; of the model, on each service, a sixth of them. */
  readonly runs: number
  /** Of the simulation: this world alone. */
  readonly world: string | undefined
}

/** What a layer came to. */
export interface LayerResult {
  /** How much of it, in words. */
  readonly runs: string
  /** What was seen: lines. */
  readonly seen: readonly string[]
  /** How the promise was broken, or why nothing was proved; each says how to do it again. */
  readonly failures: readonly string[]
}
