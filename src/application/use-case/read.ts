import type { z } from 'zod'
import { type ErrorCode, MarketflowError } from '../../domain/errors.ts'
import type { Reading } from '../consistency/reading.ts'
import type { View } from '../consistency/view.ts'
import { rendered } from '../consistency/view.ts'
import type { PageRenderer } from '../ports/page-renderer.ts'
import type { Viewer } from '../ports/token-issuer.ts'
import type { ViewQueries } from '../ports/view-queries.ts'
import { carried, type Tag } from '../tables/tags.ts'
import type { MarketZone } from '../views/views.ts'
import type { Dependencies } from './use-case.ts'

/** A view that is loaded from PostgreSQL, and depends on tags that there are. */
export interface MarketflowView<P, T> extends View<P, T, ViewQueries> {
  readonly schema: z.ZodType<T>
  readonly tags: (params: P) => readonly Tag[]
}

/**
 * Who may ask. `everybody` is answered alike; `by-account`: all may, and `account`: all who are signed in, and what is
 * not for them is missing; an organizer or a vendor: what is not theirs is forbidden.
 */
export type Audience = 'everybody' | 'by-account' | 'account' | 'organizer' | 'vendor'

/** What is told of what does not exist. */
export type Missing = Extract<ErrorCode, `${string}-not-found`>

/** A read, said once: what is cached under which key, for how long, what it depends on, and who may see it. */
export interface ReadRow<P, T, A = P> extends MarketflowView<P, T> {
  /**
   * Where a view depends on the date: makes its parameters of what was asked for and the time (in ms). So a date is read
   * from the clock once, and key and query have the same one. Without it, what was asked for are the parameters.
   * @throws MarketflowError `validation-failed` for a date too far off
   */
  readonly at?: (asked: A, now: number, timeZone: string) => P
  /** Of the market whose clock decides which date it is. */
  readonly zone?: MarketflowView<A, MarketZone>
  readonly audience: Audience
  /** Absent where there always is an answer, or what does not exist has no name but its address. */
  readonly missing?: Missing
  /** As what it is cached and sent instead of JSON. */
  readonly page?: (renderer: PageRenderer, value: T) => string
  /**
   * Where several questions share what is cached: makes the answer to one of them of it, outside the cache. Undefined for
   * parameters whose answer is cached as it is.
   */
  readonly answer?: (params: P) => ((shared: T) => T) | undefined
  /** What is told of what is not for this viewer, where the audience alone does not say. */
  readonly refusal?: (reads: Reads, params: P, viewer: Viewer | undefined) => Promise<ErrorCode>
}

type Reads = Dependencies['reads']

/** The use case of a row; the row stays in sight for what is derived from it. */
export interface Read<P, T, A = P> {
  (needs: ForReads): (asked: A, viewer?: Viewer | undefined) => Promise<Reading<T>>
  /** The parameters of the view for what was asked for now. */
  readonly params: (asked: A, needs: Pick<Dependencies, 'reads' | 'clock'>) => P | Promise<P>
  readonly at: (asked: A, now: number, timeZone: string) => P
  readonly view: MarketflowView<P, T>
  readonly audience: Audience
  readonly missing: Missing | undefined
  /** The view as it is cached: a page by this renderer's release. */
  readonly cachedAs: (renderer: PageRenderer) => View<P, T, ViewQueries>
}

/** A read of anything, as those see it who only pass on what it is asked. */
export interface AnyRead extends Omit<Read<never, unknown>, 'params' | 'at'> {
  readonly params: (asked: never, needs: Pick<Dependencies, 'reads' | 'clock'>) => unknown
  readonly at: (asked: never, now: number, timeZone: string) => unknown
}

type ForReads = Pick<Dependencies, 'reads' | 'renderer' | 'clock'>

export function read<P, T, A = P>({
  audience,
  missing,
  page,
  refusal,
  answer,
  zone,
  at = (asked) => asked as unknown as P,
  ...row
}: ReadRow<P, T, A>): Read<P, T, A> {
  const view: MarketflowView<P, T> = { ...row, tags: (params) => carried(row.tags(params)) }
  const refuse = refusal ?? (async () => (isRole(audience) ? 'forbidden' : missing!))
  const cachedAs = (renderer: PageRenderer) =>
    page === undefined ? view : rendered(view, renderer.version, (value) => page(renderer, value))
  const paramsNow: Read<P, T, A>['params'] = (asked, { reads, clock }) =>
    zone === undefined
      ? at(asked, clock.now(), '')
      : reads
          .read(zone, asked)
          .then((reading) =>
            at(asked, clock.now(), (reading.exists ? reading.value()?.time_zone : undefined) ?? ''),
          )
  const text = (renderer: PageRenderer, value: T) =>
    page === undefined ? JSON.stringify(row.schema.parse(value)) : page(renderer, value)
  const answered = (reading: Reading<T>, params: P, renderer: PageRenderer) => {
    const make = answer?.(params)
    const shared = make && reading.value()
    return shared === undefined ? reading : reading.answering(text(renderer, make!(shared)))
  }
  const useCase = ({ reads, renderer, clock }: ForReads) => {
    const cached = cachedAs(renderer)
    return async (asked: A, viewer?: Viewer) => {
      const made = paramsNow(asked, { reads, clock })
      const params = made instanceof Promise ? await made : made
      const reading = await reads.read(cached, params)
      if (!reading.exists && missing !== undefined) throw new MarketflowError(missing)
      if (reading.isVisibleTo(viewer?.accountId)) return answered(reading, params, renderer)
      throw new MarketflowError(await refuse(reads, params, viewer))
    }
  }
  return Object.assign(useCase, { view, audience, missing, cachedAs, at, params: paramsNow })
}

export function isRole(audience: Audience): audience is 'organizer' | 'vendor' {
  return audience === 'organizer' || audience === 'vendor'
}

/** Seconds. */
export const MINUTE = 60
