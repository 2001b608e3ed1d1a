import { MarketflowError } from '../../domain/errors.ts'
import { csvRows } from './csv-rows.ts'
import { foreignKind } from './file-kind.ts'
import { jsonRows, type NamedRow } from './geojson.ts'
import { type DirectoryRow, rowReader } from './market-of-row.ts'
import { folded, lacking, type Profile } from './profile.ts'
import { PROFILES } from './profiles.ts'
import { asUtf8, encodingOf, textLines } from './text-lines.ts'

type Bytes = AsyncIterable<Uint8Array | string>

/** A file of which it is known whose it is. Its rows can be read once. */
export interface Directory {
  readonly profile: Profile
  readonly rows: AsyncIterable<DirectoryRow>
  /** What a reader of the summary should know of the file, once its rows have been read. */
  notes(): string[]
}

/** In bytes. What a file is can be said of its beginning. */
const SAMPLE = 64 * 1024
/** In characters, of what is shown of a file. */
const SHOWN = 200

/**
 * Reads the file of a directory as it comes, in order, as far as is needed to know which one it is. Damage costs the
 * lines it is on. Progress is the caller's: count the bytes that pass through the stream it hands over.
 * @throws MarketflowError `validation-failed` saying what the file is, or naming the columns that its header lacks
 */
export async function readDirectory(bytes: Bytes, chosen?: Profile): Promise<Directory> {
  const { sample, all } = await beginningOf(bytes)
  const encoding = encodingOf(sample)
  const start = new TextDecoder(encoding).decode(sample)
  const kind = encoding === 'utf-8' ? await foreignKind(sample, start) : undefined
  // The beginning of what is no text tells a reader nothing.
  if (kind !== undefined) throw refused(`It is ${kind}`, /[^\P{Cc}\s]/u.test(start) ? '' : start)
  if (start.trim() === '') throw refused('The file is empty', '')
  const text = asUtf8(all, encoding)
  return /^\s*[{[]/.test(start) ? readJson(text, start, chosen) : readTable(text, start, chosen)
}

async function readJson(bytes: Bytes, start: string, chosen: Profile | undefined): Promise<Directory> {
  const rows = await jsonRows(bytes)
  const header = [...new Set(rows.flatMap(({ cells }) => Object.keys(cells)))]
  const profile = profileOf(header, start, chosen)
  const read = rowReader(profile)
  const cities = new Set(rows.map(read).map((row) => (row.kind === 'market' ? row.market.city : '')))
  return {
    profile,
    rows: (async function* () {
      for (const row of rows) yield inKnownCity(read(row), cities)
    })(),
    notes: () => [],
  }
}

async function readTable(bytes: Bytes, start: string, chosen: Profile | undefined): Promise<Directory> {
  let old: { readonly first: number; count: number } | undefined
  const noteOld = (line: number) => {
    old ??= { first: line, count: 0 }
    old.count += 1
  }
  const rows = csvRows(textLines(bytes, noteOld))
  const first = (await rows.next()).value
  if (first === undefined) throw refused('The file is empty', '')
  if ('damage' in first) throw refused(`Its first line is damaged: ${first.damage}`, start)
  const header: string[] = first.cells.map((cell: string) => cell.replace(/^\uFEFF/, '').trim())
  const profile = profileOf(header, start, chosen)
  const read = rowReader(profile)
  async function* markets(): AsyncGenerator<DirectoryRow> {
    for await (const row of rows) {
      if ('damage' in row) yield { kind: 'skipped', line: row.line, reason: row.damage }
      else if (row.cells.some((cell) => cell.trim() !== '')) yield read(named(row, header))
    }
  }
  const notes = () =>
    old === undefined
      ? []
      : [
          `${old.count === 1 ? 'A line is' : `${old.count} lines are`} not UTF-8, and were read as Windows-1252, the first of them line ${old.first}.`,
        ]
  return { profile, rows: markets(), notes }
}

/** An address of one word is a city if another market's says so. */
function inKnownCity(row: DirectoryRow, cities: ReadonlySet<string>): DirectoryRow {
  if (row.kind === 'skipped' || row.market.city !== '' || !cities.has(row.market.street)) return row
  return { ...row, market: { ...row.market, street: '', city: row.market.street } }
}

function named(
  { line, cells }: { line: number; cells: readonly string[] },
  header: readonly string[],
): NamedRow {
  // Of two columns with the same name, the first that says something.
  const byName: Record<string, string> = {}
  header.forEach((name, i) => {
    byName[name] ||= cells[i] ?? ''
  })
  return { line, cells: byName }
}

function profileOf(header: readonly string[], start: string, chosen: Profile | undefined): Profile {
  const names = new Set(header.map(folded))
  const candidates = (chosen === undefined ? PROFILES : [chosen]).map((profile) => ({
    profile,
    lacks: lacking(profile, names),
  }))
  const fits = candidates.find(({ lacks }) => lacks.length === 0)
  if (fits !== undefined) return fits.profile
  const named = candidates.filter(({ profile }) => !profile.shared)
  const { profile, lacks } = (named.length > 0 ? named : candidates).reduce((best, each) =>
    share(each) > share(best) ? each : best,
  )
  const errors = lacks.map((name) => ({
    path: name,
    message: 'expected a column of this name in the first line',
  }))
  throw refused(
    `It is no file of a directory that is known; most like it is the ${profile.name}`,
    start,
    errors,
  )
}

/** How much of what it needs is there. */
function share({ profile, lacks }: { profile: Profile; lacks: readonly string[] }): number {
  const needed = lacking(profile, new Set()).length
  return (needed - lacks.length) / needed
}

function refused(
  why: string,
  start: string,
  errors: readonly { path: string; message: string }[] = [],
): MarketflowError {
  const line =
    start
      .replace(/^\uFEFF/, '')
      .split(/[\r\n]+/)
      .find((each) => each.trim() !== '')
      ?.trim() ?? ''
  const shown = line.replace(/[\p{Cc}\uFFFD]/gu, '·').slice(0, SHOWN)
  const told = shown === '' ? why : `${why}. It begins: ${shown}`
  return new MarketflowError('validation-failed', told, { errors })
}

async function beginningOf(bytes: Bytes): Promise<{ sample: Uint8Array; all: Bytes }> {
  const source = bytes[Symbol.asyncIterator]()
  const read: Buffer[] = []
  let length = 0
  while (length < SAMPLE) {
    const { value, done } = await source.next()
    if (done) break
    read.push(Buffer.from(value as Uint8Array))
    length += value.length
  }
  const sample = Buffer.concat(read)
  async function* all(): AsyncGenerator<Uint8Array | string> {
    if (sample.length > 0) yield sample
    while (true) {
      const { value, done } = await source.next()
      if (done) return
      yield value
    }
  }
  return { sample, all: all() }
}
