import { MarketflowError } from '../../domain/errors.ts'

/** A row by the names of its columns. `line` is what a reader finds it by: of a collection, which of its features it is. */
export interface NamedRow {
  readonly line: number
  readonly cells: Readonly<Record<string, string>>
}

/** In bytes. It has to be read whole, since only its end says that it is one. */
const LARGEST = 256 * 1024 * 1024

const REFUSED = 'This is no GeoJSON that can be read'

/** What is on the map of a FeatureCollection, or the objects of a list, as rows. @throws MarketflowError `validation-failed` */
export async function jsonRows(bytes: AsyncIterable<Uint8Array | string>): Promise<NamedRow[]> {
  const pieces: Buffer[] = []
  let length = 0
  for await (const piece of bytes) {
    pieces.push(Buffer.from(piece as Uint8Array))
    length += piece.length
    if (length > LARGEST) throw refused(`it has more than ${LARGEST / 1024 / 1024} MB`)
  }
  const text = Buffer.concat(pieces)
    .toString('utf8')
    .replace(/^\uFEFF/, '')
  let found: unknown
  try {
    found = JSON.parse(text)
  } catch (error) {
    throw refused((error as Error).message)
  }
  const list = Array.isArray(found) ? found : isObject(found) ? (found.features ?? found.data) : undefined
  if (!Array.isArray(list)) throw refused('expected a FeatureCollection, or a list of objects')
  return list.map((each, i) => ({ line: i + 1, cells: cellsOf(each) }))
}

function refused(why: string): MarketflowError {
  return new MarketflowError('validation-failed', `${REFUSED}: ${why}`)
}

function cellsOf(feature: unknown): Record<string, string> {
  if (!isObject(feature)) return {}
  const isFeature = isObject(feature.properties)
  const properties = isFeature ? (feature.properties as Record<string, unknown>) : feature
  const cells: Record<string, string> = {}
  for (const [name, value] of Object.entries(properties)) {
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
      cells[name] = String(value)
  }
  if (isFeature) {
    const id = feature.id ?? properties['@id'] ?? properties.osm_id
    if (typeof id === 'string' && /^(node|way|relation)\/\d+$/.test(id)) cells['@id'] = id
    const point = pointOf(feature.geometry)
    if (point !== undefined) [cells.longitude, cells.latitude] = point.map(String) as [string, string]
  }
  return cells
}

/** A point as it is; of a line or an area the middle of its corners. */
function pointOf(geometry: unknown): readonly [number, number] | undefined {
  if (!isObject(geometry)) return undefined
  const corners: (readonly [number, number])[] = []
  const collect = (part: unknown): void => {
    if (!Array.isArray(part)) return
    if (typeof part[0] === 'number' && typeof part[1] === 'number') corners.push([part[0], part[1]])
    else part.forEach(collect)
  }
  collect(geometry.coordinates)
  if (corners.length === 0) return undefined
  const [west, east] = [Math.min(...corners.map(([x]) => x)), Math.max(...corners.map(([x]) => x))]
  const [south, north] = [Math.min(...corners.map(([, y]) => y)), Math.max(...corners.map(([, y]) => y))]
  return [(west + east) / 2, (south + north) / 2]
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
