import type { Coverage } from '../property/interleaving/simulation/coverage.ts'

/** A piece of work for one process, small enough that all cores end at about the same time. */
export type Job =
  | { readonly kind: 'schedules'; readonly world: string; readonly from: number; readonly schedules: number }
  | { readonly kind: 'space'; readonly name: string }
  | {
      readonly kind: 'simulated tooth'
      readonly name: string
      readonly most: number
      readonly seed: number
      /** Schedules that are held against the model until one is no path of it. */
      readonly refusedWithin: number
      /** Shrinks what it finds and tells it step by step, too. */
      readonly tell?: boolean
    }
  | { readonly kind: 'modelled tooth'; readonly name: string }

export interface JobResult {
  /** Schedules or states. */
  readonly runs: number
  readonly coverage?: Coverage
  /** Which part of what a run must see was not seen. */
  readonly unseen?: readonly string[]
  /** How the promise was broken: for the reader who must understand it. */
  readonly story?: string
  readonly mode?: string
  /** Schedules until one was no path of the model. */
  readonly refused?: number
  /** That one, told. */
  readonly refusal?: string
  /** Why no schedule was held against the model. */
  readonly leftOut?: string
  readonly bytes?: number
}
