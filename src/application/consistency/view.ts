import { joinKey } from './cache-key.ts'

/** What a load found: the value, and the only account that may see it (absent: anyone). Undefined: no such thing. */
export type Found<T> = { readonly value: T; readonly visibleTo?: string } | undefined

/**
 * What can be cached: a projection of the database under a key, with all it depends on. `Source` is what it is loaded
 * from; who never loads (`View<P, T>`) takes a view of any source.
 */
export interface View<P, T, Source = never> {
  /** As metrics call it. */
  readonly name: string
  /** Seconds. Bounds memory and the damage of the unforeseen; freshness never depends on it. */
  readonly ttlS: number
  readonly schema: Schema<T>
  readonly key: (params: P) => string
  /** A pure function of the parameters, never learnt from a result: a miss must know them too. */
  readonly tags: (params: P) => readonly string[]
  readonly load: (source: Source, params: P) => Promise<Found<T>>
  /** Whether strangers choose the key, so that there is no end of them: what is asked for once may then not be kept. */
  readonly unbounded?: (params: P) => boolean
  /** It decides who may do what: with the database out of reach it is not served unverified, whatever the settings say. */
  readonly alwaysVerified?: boolean
  /** The text that is cached and sent; without it, JSON. */
  render?(value: T): string
}

/** What a value must look like, as zod says it. */
interface Schema<T> {
  /** @throws when the value is not one */
  parse(value: unknown): T
}

/**
 * The same view as another text than JSON, made when it is filled and sent as it is. The version is part of the key:
 * during a deploy two releases share a cache, and neither serves what the other has rendered.
 */
export function rendered<P, T, Source>(
  view: View<P, T, Source>,
  version: string,
  render: (value: T) => string,
): View<P, T, Source> {
  return { ...view, key: (params) => `${view.key(params)}:${joinKey('rendered', version)}`, render }
}
