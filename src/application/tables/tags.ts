import type { CityKey } from '../../domain/market.ts'
import { joinKey } from '../consistency/cache-key.ts'

declare const branded: unique symbol

/** The name of something that entries depend on. Made here only, so that no view and no event can misspell one. */
export type Tag = string & { readonly [branded]: 'tag' }

function tag(...parts: readonly string[]): Tag {
  return joinKey(...parts) as Tag
}

/** Ids are compared as PostgreSQL compares UUIDs: without case. */
export function canonicalId(id: string): string {
  return id.toLowerCase()
}

export const tags = {
  listings: (): Tag => tag('markets', 'active'),
  cityListings: (city: CityKey): Tag => tag('markets', 'active', 'city', city),
  market: (id: string): Tag => tag('market', canonicalId(id)),
  marketPage: (slug: string): Tag => tag('page', 'market', slug),
  marketStats: (id: string): Tag => tag('stats', 'market', canonicalId(id)),
  marketApplications: (id: string): Tag => tag('applications', 'market', canonicalId(id)),
  vendor: (id: string): Tag => tag('vendor', canonicalId(id)),
  organizer: (id: string): Tag => tag('organizer', canonicalId(id)),
  account: (id: string): Tag => tag('account', canonicalId(id)),
}

export type TagKind = keyof typeof tags

const KINDS = Object.entries(tags).map(([kind, make]) => ({
  kind: kind as TagKind,
  /** Up to the part, or all of it. */
  start: (make as (part: string) => Tag)('').toString(),
  whole: make.length === 0,
}))

/** Which of the tags a text is; undefined for what no tag is spelled like. */
export function kindOf(text: string): TagKind | undefined {
  return KINDS.find(({ start, whole }) =>
    whole ? text === start : text.startsWith(start) && /^[^:\s]+$/.test(text.slice(start.length)),
  )?.kind
}
