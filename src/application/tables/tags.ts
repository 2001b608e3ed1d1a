import type { PlaceKey } from '../../domain/market.ts'
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
  cityListings: (city: PlaceKey): Tag => tag('markets', 'active', 'city', city),
  regionListings: (region: PlaceKey): Tag => tag('markets', 'active', 'region', region),
  countryListings: (country: PlaceKey): Tag => tag('markets', 'active', 'country', country),
  areaListings: (area: string): Tag => tag('markets', 'active', 'area', area),
  dayListings: (date: string): Tag => tag('markets', 'active', 'on', date),
  vendorListings: (): Tag => tag('vendors', 'listed'),
  market: (id: string): Tag => tag('market', canonicalId(id)),
  marketPage: (slug: string): Tag => tag('page', 'market', slug),
  marketStats: (id: string): Tag => tag('stats', 'market', canonicalId(id)),
  marketApplications: (id: string): Tag => tag('applications', 'market', canonicalId(id)),
  application: (id: string): Tag => tag('application', canonicalId(id)),
  vendorApplications: (id: string): Tag => tag('applications', 'vendor', canonicalId(id)),
  marketDays: (id: string): Tag => tag('days', 'market', canonicalId(id)),
  vendor: (id: string): Tag => tag('vendor', canonicalId(id)),
  organizer: (id: string): Tag => tag('organizer', canonicalId(id)),
  account: (id: string): Tag => tag('account', canonicalId(id)),
}

export type TagKind = keyof typeof tags

/** The most views of a kind that a write names one by one. */
const MOST_NAMED = 100
/** As many ids as an event needs: beyond the bound it makes no difference which, or how many more. */
export const ENOUGH_IDS = MOST_NAMED + 1

const KINDS = Object.entries(tags).map(([kind, make]) => ({
  kind: kind as TagKind,
  /** Up to the part, or all of it. */
  start: (make as (part: string) => Tag)('').toString(),
  whole: make.length === 0,
}))

/** Of every kind with a part a single write can touch any number: an event may name many, and SQL by hand any row. */
const NUMEROUS = KINDS.filter(({ whole }) => !whole).map(({ start }) => ({
  start,
  every: `every:${start.slice(0, -1)}` as Tag,
}))

/** One for all views of a kind, for writes that touch more of them than they name. */
export const everyTags: readonly Tag[] = NUMEROUS.map(({ every }) => every)

/** A view's own tags, and those that stand for all views of its kinds. */
export function carried(own: readonly Tag[]): readonly Tag[] {
  const every = NUMEROUS.filter(({ start }) => own.some((each) => each.startsWith(start)))
  return every.length === 0 ? own : [...own, ...every.map((each) => each.every)]
}

/** What a write names: each once, and beyond the bound one for all of the kind. */
export function bounded(named: readonly Tag[], most = MOST_NAMED): readonly Tag[] {
  let distinct = [...new Set(named)]
  for (const { start, every } of NUMEROUS) {
    const others = distinct.filter((each) => !each.startsWith(start))
    if (distinct.length - others.length > most) distinct = [...others, every]
  }
  return distinct
}

/** Which of the tags a text is; undefined for what no tag is spelled like. */
export function kindOf(text: string): TagKind | undefined {
  return KINDS.find(({ start, whole }) =>
    whole ? text === start : text.startsWith(start) && /^[^:\s]+$/.test(text.slice(start.length)),
  )?.kind
}
