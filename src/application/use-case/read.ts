import type { z } from 'zod'
import { type ErrorCode, MarketflowError } from '../../domain/errors.ts'
import type { Reading } from '../consistency/reading.ts'
import type { View } from '../consistency/view.ts'
import { rendered } from '../consistency/view.ts'
import type { PageRenderer } from '../ports/page-renderer.ts'
import type { Viewer } from '../ports/token-issuer.ts'
import type { ViewQueries } from '../ports/view-queries.ts'
import { carried, type Tag } from '../tables/tags.ts'
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
export interface ReadRow<P, T> extends MarketflowView<P, T> {
  readonly audience: Audience
  /** Absent where there always is an answer, or what does not exist has no name but its address. */
  readonly missing?: Missing
  /** As what it is cached and sent instead of JSON. */
  readonly page?: (renderer: PageRenderer, value: T) => string
  /** What is told of what is not for this viewer, where the audience alone does not say. */
  readonly refusal?: (reads: Reads, params: P, viewer: Viewer | undefined) => Promise<ErrorCode>
}

type Reads = Dependencies['reads']

/** The use case of a row; the row stays in sight for what is derived from it. */
export interface Read<P, T> {
  (
    needs: Pick<Dependencies, 'reads' | 'renderer'>,
  ): (params: P, viewer?: Viewer | undefined) => Promise<Reading<T>>
  readonly view: MarketflowView<P, T>
  readonly audience: Audience
  readonly missing: Missing | undefined
  /** The view as it is cached: a page by this renderer's release. */
  readonly cachedAs: (renderer: PageRenderer) => View<P, T, ViewQueries>
}

export function read<P, T>({ audience, missing, page, refusal, ...row }: ReadRow<P, T>): Read<P, T> {
  const view: MarketflowView<P, T> = { ...row, tags: (params) => carried(row.tags(params)) }
  const refuse = refusal ?? (async () => (isRole(audience) ? 'forbidden' : missing!))
  const cachedAs = (renderer: PageRenderer) =>
    page === undefined ? view : rendered(view, renderer.version, (value) => page(renderer, value))
  const useCase = ({ reads, renderer }: Pick<Dependencies, 'reads' | 'renderer'>) => {
    const cached = cachedAs(renderer)
    return async (params: P, viewer?: Viewer) => {
      const reading = await reads.read(cached, params)
      if (!reading.exists && missing !== undefined) throw new MarketflowError(missing)
      if (reading.isVisibleTo(viewer?.accountId)) return reading
      throw new MarketflowError(await refuse(reads, params, viewer))
    }
  }
  return Object.assign(useCase, { view, audience, missing, cachedAs })
}

export function isRole(audience: Audience): audience is 'organizer' | 'vendor' {
  return audience === 'organizer' || audience === 'vendor'
}

/** Seconds. */
export const MINUTE = 60
