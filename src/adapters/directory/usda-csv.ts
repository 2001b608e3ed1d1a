import type { DirectoryMarket } from '../../application/markets/import-markets.ts'
import { MarketflowError } from '../../domain/errors.ts'
import { MARKET_LIMITS, type Place } from '../../domain/market.ts'
import { type CsvRow, csvRows, textLines } from './csv-rows.ts'
import { describeMarket, tidy } from './describe-market.ts'

/** What a row of the directory came to. `line` counts from 1, the header included. */
export type DirectoryRow =
  | { readonly kind: 'market'; readonly line: number; readonly market: DirectoryMarket }
  | { readonly kind: 'skipped'; readonly line: number; readonly reason: string }

/** Without these columns it is not the directory. The others only enrich the description. */
const REQUIRED = ['FMID', 'MarketName', 'city'] as const
const LONGEST_NAME = 120
const BYTE_ORDER_MARK = /^\uFEFF/

/**
 * Reads the USDA's National Farmers Market Directory export as it comes, in order. Damage costs the lines it is on.
 * Progress is the caller's: count the bytes that pass through the stream it hands over.
 * @throws MarketflowError `validation-failed` naming the columns that the header lacks
 */
export async function* readUsdaDirectory(
  bytes: AsyncIterable<Uint8Array | string>,
): AsyncGenerator<DirectoryRow> {
  const lineOf = new Map<string, number>()
  let header: readonly string[] | undefined
  for await (const row of csvRows(textLines(bytes))) {
    if (header === undefined) {
      header = readHeader(row)
    } else if ('damage' in row) {
      yield { kind: 'skipped', line: row.line, reason: row.damage }
    } else if (row.cells.some((cell) => cell.trim() !== '')) {
      yield readRow(row.line, Object.fromEntries(header.map((name, i) => [name, row.cells[i] ?? ''])), lineOf)
    }
  }
  if (header === undefined) readHeader({ line: 1, damage: 'the file is empty' })
}

function readHeader(row: CsvRow): readonly string[] {
  const names = ('cells' in row ? row.cells : []).map((cell) => cell.replace(BYTE_ORDER_MARK, '').trim())
  const missing = REQUIRED.filter((name) => !names.includes(name))
  if (missing.length === 0) return names
  const why = 'damage' in row ? `: ${row.damage}` : ''
  throw new MarketflowError(
    'validation-failed',
    `This is not the USDA National Farmers Market Directory${why}`,
    {
      errors: missing.map((name) => ({
        path: name,
        message: 'expected a column of this name in the first line',
      })),
    },
  )
}

function readRow(line: number, cells: Record<string, string>, lineOf: Map<string, number>): DirectoryRow {
  const skipped = (reason: string): DirectoryRow => ({ kind: 'skipped', line, reason })
  const directoryId = (cells.FMID ?? '').trim()
  const name = tidy(cells.MarketName)
  const city = tidy(cells.city)
  if (!/^\d{1,20}$/.test(directoryId)) return skipped(`FMID ${JSON.stringify(directoryId)} is not a number`)
  const before = lineOf.get(directoryId)
  if (before !== undefined) return skipped(`FMID ${directoryId} is already on line ${before}`)
  if (name === '') return skipped('MarketName is empty')
  if (city === '') return skipped('city is empty')
  for (const [column, value] of [['MarketName', name] as const, ['city', city] as const]) {
    if (value.length > LONGEST_NAME) return skipped(`${column} is longer than ${LONGEST_NAME} characters`)
  }
  lineOf.set(directoryId, line)
  const market = { directoryId, name, city, ...placeOf(cells), description: describeMarket(cells) }
  return { kind: 'market', line, market }
}

/** What is too long for a market, or no address of the web and no point on the globe, is as good as unknown. */
function placeOf(cells: Record<string, string>): Omit<Place, 'city' | 'timeZone'> {
  const atMost = (longest: number, text: string) => (text.length <= longest ? text : '')
  const website = tidy(cells.Website)
  const [longitude, latitude] = [degrees(cells.x, 180), degrees(cells.y, 90)]
  const known = longitude !== null && latitude !== null
  return {
    street: atMost(MARKET_LIMITS.street, tidy(cells.street)),
    region: atMost(MARKET_LIMITS.region, tidy(cells.State)),
    postcode: atMost(MARKET_LIMITS.postcode, tidy(cells.zip)),
    country: 'US',
    latitude: known ? latitude : null,
    longitude: known ? longitude : null,
    website:
      /^https?:\/\//i.test(website) && URL.canParse(website) ? atMost(MARKET_LIMITS.website, website) : '',
  }
}

function degrees(cell = '', most: number): number | null {
  const number = cell.trim() === '' ? Number.NaN : Number(cell)
  return Math.abs(number) <= most ? number : null
}
