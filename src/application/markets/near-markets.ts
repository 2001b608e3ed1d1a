import {
  areaName,
  cellName,
  cellOf,
  cellsWithin,
  distanceKm,
  type Point,
  type RADII_KM,
} from '../../domain/grid.ts'
import { joinKey } from '../consistency/cache-key.ts'
import type { Found } from '../consistency/view.ts'
import type { Near, OpenOn, SearchParams, ViewQueries } from '../ports/view-queries.ts'
import { type Tag, tags } from '../tables/tags.ts'
import type { MarketListing } from '../views/views.ts'
import { refuse } from './open-days.ts'

/** What an address says of where markets are to be near. */
export interface AskedNear {
  readonly near?: Point
  readonly radiusKm?: (typeof RADII_KM)[number]
}

const DEFAULT_RADIUS_KM = 25

/**
 * What a list is narrowed to: a point that its markets are near to, or places and words.
 * @throws MarketflowError `validation-failed` for a distance from nowhere, and beside places or words: what is near is
 * found by cells alone
 */
export function narrowedTo({
  near,
  radiusKm,
  ...search
}: AskedNear & SearchParams): SearchParams | { readonly near: Near } {
  if (near === undefined) {
    if (radiusKm !== undefined) refuse('radius_km', 'expected with near')
    return search
  }
  for (const [name, sought] of Object.entries(search)) {
    if (sought !== undefined) refuse(name, 'expected without near, which goes together with dates alone')
  }
  return { near: { point: near, radiusKm: radiusKm ?? DEFAULT_RADIUS_KM } }
}

/** What is kept answers every point of a cell, and every page. */
export function nearKey(key: string, { point, radiusKm }: Near): string {
  const { row, column } = cellOf(point)
  return `${key}:${joinKey('near', `${row},${column}`, radiusKm)}`
}

/** A tag per area that a point of the cell may be near to: a few, however far away. */
export function nearTags({ point, radiusKm }: Near): Tag[] {
  const areas = new Set(cellsWithin(cellOf(point), radiusKm).map(areaName))
  return Array.from(areas, tags.areaListings)
}

/** All that any point of the cell may be near to, by name, as one page. */
export async function inReach(
  queries: ViewQueries,
  { point, radiusKm }: Near,
  open: OpenOn | undefined,
): Promise<Found<MarketListing>> {
  const cells = cellsWithin(cellOf(point), radiusKm).map((cell) => ({
    name: cellName(cell),
    nearKm: cell.nearKm,
  }))
  const { markets, left_out_km } = await queries.marketsNear({ cells, ...(open && { open }) })
  const complete_to_km = Math.min(radiusKm, Math.floor((left_out_km ?? radiusKm) * 10) / 10)
  const total = markets.length
  return { value: { markets, complete_to_km, total, page: 1, page_size: Math.max(1, total) } }
}

interface PageOfNear {
  readonly near: Near
  readonly page: number
  readonly pageSize: number
}

/** Of all that is in reach, a page of what is near, the nearest first; what is equally far away in the order it has. */
export function nearest<List extends MarketListing>(
  inReach: List,
  { near, page, pageSize }: PageOfNear,
): List {
  const found = inReach.markets
    .map((market) => ({ market, km: distanceKm(near.point, pointOf(market)) }))
    .filter(({ km }) => km <= near.radiusKm)
    .sort((one, other) => one.km - other.km)
  const markets = found
    .slice((page - 1) * pageSize, page * pageSize)
    .map(({ market, km }) => ({ ...market, distance_km: Math.round(km * 10) / 10 }))
  return { ...inReach, markets, total: found.length, page, page_size: pageSize }
}

/** What is in a cell has a point. */
function pointOf({ latitude, longitude }: MarketListing['markets'][number]): Point {
  return { latitude: latitude!, longitude: longitude! }
}
