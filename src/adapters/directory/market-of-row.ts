import { createHash } from 'node:crypto'
import timeZoneAt from '@photostructure/tz-lookup'
import type { DirectoryMarket } from '../../application/markets/import-markets.ts'
import type { ListedHours } from '../../domain/directory-listing.ts'
import { MARKET_LIMITS, normalizePlace } from '../../domain/market.ts'
import { address, usAddress, usState } from './address.ts'
import type { NamedRow } from './geojson.ts'
import { dateOf, hoursOf } from './hours.ts'
import { openingHoursOf } from './opening-hours.ts'
import { folded, type Profile } from './profile.ts'
import { tidy } from './tidy.ts'

/** What a row of a directory came to. `id` is known also of a row that is skipped, unless it tells none. */
export type DirectoryRow =
  | { readonly kind: 'market'; readonly line: number; readonly market: DirectoryMarket }
  | { readonly kind: 'skipped'; readonly line: number; readonly reason: string; readonly id?: string }

const YES = /^(y|yes|true|1|x)$/i

/** How rows of this directory are read. */
export function rowReader(profile: Profile): (row: NamedRow) => DirectoryRow {
  const { columns, name: listedBy } = profile
  const products = Object.entries(profile.products)
  const payment = Object.entries(profile.payment)
  return ({ line, cells }) => {
    const byColumn = new Map(Object.entries(cells).map(([column, cell]) => [folded(column), cell]))
    const cell = (names: readonly string[]): string => {
      const found = names.map((each) => tidy(byColumn.get(folded(each)))).find((each) => each !== '')
      return found ?? ''
    }
    const yes = <Meaning extends string>(flags: readonly (readonly [string, Meaning])[]) => [
      ...new Set(flags.filter(([column]) => YES.test(cell([column]))).map(([, meaning]) => meaning)),
    ]
    const name = cell(columns.name)
    const place = placeOf(profile, cell)
    const told = cell(profile.id)
    const derived = () => idOf(name, place.street, place.city, place.latitude, place.longitude)
    const directoryId = told || tidy(byColumn.get('@id')) || derived()
    const skipped = (reason: string): DirectoryRow => ({
      kind: 'skipped',
      line,
      reason,
      ...(told !== '' && { id: told }),
    })
    const wrong = wrongIn(profile, { told, name, place })
    if (wrong !== undefined) return skipped(wrong)
    const { more, ...where } = place
    const seasons = profile.seasons.map(({ dates, days, times }) =>
      hoursOf({ dates: cell(dates), days: cell(days), times: cell(times) }),
    )
    const opening = cell(columns.openingHours)
    const hours: ListedHours[] = [
      ...seasons.filter((each) => each !== undefined),
      ...(opening === '' ? [] : openingHoursOf(opening)),
    ]
    return {
      kind: 'market',
      line,
      market: {
        directoryId,
        name,
        ...where,
        description: upTo(MARKET_LIMITS.description, cell(columns.description) || more),
        listing: {
          listedBy,
          updatedOn: dateOf(cell(columns.updated)),
          hours,
          products: yes(products),
          payment: yes(payment),
        },
      },
    }
  }
}

type Cell = (names: readonly string[]) => string

function placeOf(profile: Profile, cell: Cell) {
  const { columns } = profile
  const inUsa = (cell(columns.country) || profile.country) === 'US'
  const whole = cell(columns.address)
  const apart = inUsa ? usAddress(whole) : address(whole)
  const street = [cell(columns.street), cell(columns.houseNumber)].filter(Boolean).join(' ')
  const city = cell(columns.city) || apart.city || profile.city
  const region = cell(columns.region) || apart.region || profile.region
  const country = cell(columns.country).toUpperCase()
  const point =
    pointOf(cell(columns.latitude), cell(columns.longitude)) ?? pointIn(cell(columns.point)) ?? NO_POINT
  return {
    street: upTo(MARKET_LIMITS.street, street || apart.street),
    city: inUsa ? withoutState(city, region) : city,
    region: upTo(MARKET_LIMITS.region, inUsa ? usState(region) : region),
    postcode: upTo(MARKET_LIMITS.postcode, cell(columns.postcode) || apart.postcode),
    country: /^[A-Z]{2}$/.test(country) ? country : profile.country,
    ...point,
    timeZone: point.latitude === null ? '' : timeZoneAt(point.latitude, point.longitude),
    website: websiteOf(cell(columns.website)),
    more: apart.more,
  }
}

/** `Ames, IA` in a column for cities. */
function withoutState(city: string, region: string): string {
  const [, before, state] = /^(.*?), ?([A-Za-z. ]+)$/.exec(city) ?? []
  return before && usState(state!) === usState(region) ? before : city
}

const NO_POINT = { latitude: null, longitude: null } as const

interface Point {
  readonly latitude: number
  readonly longitude: number
}

function pointIn(cell: string): Point | undefined {
  const [, x, y] = /^POINT ?\((\S+) (\S+)\)$/i.exec(cell) ?? []
  if (x !== undefined) return pointOf(y!, x)
  const [, latitude, longitude] = /^\((\S+), ?(\S+)\)$/.exec(cell) ?? []
  return latitude === undefined ? undefined : pointOf(latitude, longitude!)
}

/** A point on the map; undefined where there is none, or only the one that stands for none. */
function pointOf(latitude: string, longitude: string): Point | undefined {
  const [north, east] = [latitude, longitude].map((degrees) =>
    degrees === '' ? Number.NaN : Number(degrees),
  )
  const known = Math.abs(north!) <= 90 && Math.abs(east!) <= 180 && (north !== 0 || east !== 0)
  return known ? { latitude: north!, longitude: east! } : undefined
}

/** An address in the web, also of one that was written without `http://`; empty for what is none. */
function websiteOf(cell: string): string {
  const [first = ''] = cell.split(' ')
  const address = /^https?:\/\//i.test(first) ? first : `http://${first}`
  if (!URL.canParse(address)) return ''
  const { hostname, href, username } = new URL(address)
  const isPublic = /^[^.]+(\.[^.]+)*\.[a-z][a-z0-9-]+$/i.test(hostname) && username === ''
  return isPublic && href.length <= MARKET_LIMITS.website ? href : ''
}

/** Where a directory has no ids, a market is known again by these. */
function idOf(
  name: string,
  street: string,
  city: string,
  latitude: number | null,
  longitude: number | null,
): string {
  const point = street === '' && city === '' ? `${latitude} ${longitude}` : ''
  const text = [name, street, city, point].map(normalizePlace).join('\n')
  return createHash('sha256').update(text).digest('base64url').slice(0, 22)
}

interface Told {
  readonly told: string
  readonly name: string
  readonly place: { readonly city: string; readonly latitude: number | null }
}

/** Why a row is no market. */
function wrongIn({ id, columns }: Profile, { told, name, place }: Told): string | undefined {
  const column = (names: readonly string[], fallback: string) => names[0] ?? fallback
  if (id.length > 0) {
    if (told === '') return `${id[0]} is empty`
    if (told.length > LONGEST_ID) return `${id[0]} is longer than ${LONGEST_ID} characters`
    if (id[0] === 'FMID' && !/^\d{1,20}$/.test(told)) return `FMID ${JSON.stringify(told)} is not a number`
  }
  if (name === '') return `${column(columns.name, 'name')} is empty`
  if (place.city === '' && place.latitude === null)
    return columns.city.length === 1
      ? `${columns.city[0]} is empty`
      : 'it tells neither a city nor a point on the map'
  if (name.length > MARKET_LIMITS.name)
    return `${columns.name[0]} is longer than ${MARKET_LIMITS.name} characters`
  if (place.city.length > MARKET_LIMITS.city) {
    return `${column(columns.city, 'city')} is longer than ${MARKET_LIMITS.city} characters`
  }
  return undefined
}

const LONGEST_ID = 100

/** A cut may leave the first half of a surrogate pair, which no UTF-8 database gives back as it was. */
function upTo(length: number, text: string): string {
  return text.slice(0, length).replace(/[\uD800-\uDBFF]$/, '')
}
