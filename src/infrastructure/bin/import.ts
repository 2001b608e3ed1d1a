import { randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { Presets, SingleBar } from 'cli-progress'
import { pino } from 'pino'
import type { DirectoryRow } from '../../adapters/directory/market-of-row.ts'
import { readProfile } from '../../adapters/directory/profile.ts'
import { type Directory, readDirectory } from '../../adapters/directory/read-directory.ts'
import { Clock } from '../../application/consistency/ports/clock.ts'
import { directoryOrganizer } from '../../application/markets/directory-organizer.ts'
import { EndImport } from '../../application/markets/end-import.ts'
import { type DirectoryMarket, ImportMarkets } from '../../application/markets/import-markets.ts'
import type { SeenRow } from '../../application/ports/repositories.ts'
import { Writes } from '../../application/tables/reads-and-writes.ts'
import { MarketflowError } from '../../domain/errors.ts'
import { readCommandConfig } from '../config/config.ts'
import { type Core, openCore } from '../core.ts'
import { exitCodeOf, explainExit } from '../exit.ts'
import { serviceOf } from '../modules/use-cases.ts'

const USAGE = `Usage: npm run import -- [--profile PROFILE.json] [--close-missing] FILE
       npm run import -- - < FILE

Loads a public directory of farmers markets: the USDA National Farmers Market Directory, the USDA Local Food Portal, New
York State, New York City (CSV), or GeoJSON with OpenStreetMap's opening_hours. Which one it is, is seen in the names of
its columns. They are listed as unclaimed: an operator hands one to its organizer with npm run markets.

  --profile FILE    what the columns of another directory are called; docs/operations.md shows one
  --close-missing   closes what a former file of the directory had and this one lacks
  -h, --help        this

It writes to the database that the environment names (DATABASE_URL, or the embedded one in DATA_DIR; stop the service
first in that case). Running it again updates what changed and imports nothing twice. Interrupted (Ctrl-C), it ends after
the rows that are under way, and says how many are in.`

/**
 * Rows per transaction. A batch that fails changes nothing; those before it stay. Each is invalidated by some tags that
 * stand for all, and waits until they are, beside private caches a lease: so there should be few.
 */
const BATCH = 5000
/** Lines that were skipped are told one by one up to here: a damaged file must not fill the memory, or the screen. */
const MOST_TOLD = 1000

/** By whom it is told to end early, and the code with which it then does, as a shell has it. */
const INTERRUPTIONS = { SIGINT: 130, SIGTERM: 143 } as const

interface Summary {
  imported: number
  updated: number
  unchanged: number
  claimed: number
  skipped: number
  /** The first of those that were skipped, and why. */
  readonly told: { readonly line: number; readonly reason: string }[]
  /** Lines that tell no id: what is on them may be missing for that. */
  unreadable: number
  missing: number
  closed: number
  notes: readonly string[]
  /** Why it ended before the file did. */
  interrupted?: keyof typeof INTERRUPTIONS
}

const OPTIONS = {
  profile: { type: 'string' },
  'close-missing': { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const

try {
  const asked = ask()
  if (asked === undefined || asked.values.help) process.stdout.write(`${USAGE}\n`)
  else await importFrom(asked.positionals[0]!, asked.values)
} catch (error) {
  process.stderr.write(`${explainExit(error)}\n`)
  process.exitCode = exitCodeOf(error)
}

/** Undefined where that was told already. */
function ask() {
  try {
    const asked = parseArgs({ allowPositionals: true, options: OPTIONS })
    if (asked.values.help || asked.positionals.length === 1) return asked
    process.stderr.write(`${USAGE}\n`)
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${USAGE}\n`)
  }
  process.exit(64)
}

interface Wanted {
  readonly profile?: string | undefined
  readonly 'close-missing': boolean
}

async function importFrom(file: string, { profile, 'close-missing': close }: Wanted): Promise<void> {
  const config = readCommandConfig(process.env)
  const chosen = profile === undefined ? undefined : await readProfile(profile)
  const opened = await openFile(file)
  const directory = await readDirectory(opened.bytes, chosen).catch((error: Error) => {
    throw error instanceof MarketflowError ? about(file, error) : unreadable(file, error)
  })
  if (close && directory.profile.shared) {
    throw new MarketflowError(
      'validation-failed',
      'Files of many directories look like this one: --close-missing needs a --profile with a source of its own',
    )
  }
  // Nothing is written before here: a file that is refused leaves an empty database empty, and it may have demo data.
  const core = await openCore(config, pino({ level: 'silent' }))
  const summary: Summary = {
    ...{ imported: 0, updated: 0, unchanged: 0, claimed: 0, skipped: 0 },
    ...{ unreadable: 0, missing: 0, closed: 0, told: [], notes: [] },
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => {
      summary.interrupted ??= signal
    })
  try {
    await importFile(core, opened, directory, close, summary)
  } finally {
    report(summary, close)
    await core.close()
  }
  if (summary.interrupted !== undefined) process.exitCode = INTERRUPTIONS[summary.interrupted]
}

interface OpenedFile {
  readonly bytes: AsyncIterable<Uint8Array | string>
  /** In bytes; undefined of standard input. */
  readonly size: number | undefined
  /** How much of it has been read, in bytes. */
  read(): number
}

/** @throws MarketflowError `validation-failed` */
async function openFile(file: string): Promise<OpenedFile> {
  const size = file === '-' ? undefined : await sizeOf(file)
  const stream = file === '-' ? process.stdin : createReadStream(file)
  let read = 0
  async function* counted(): AsyncGenerator<Uint8Array | string> {
    for await (const chunk of stream) {
      read += chunk.length
      yield chunk
    }
  }
  return { bytes: counted(), size, read: () => read }
}

async function sizeOf(file: string): Promise<number> {
  const found = await stat(file).catch((cause: Error) => {
    throw unreadable(file, cause)
  })
  if (found.isDirectory()) throw unreadable(file, new Error('It is a directory'))
  if (!found.isFile() && !found.isFIFO()) throw unreadable(file, new Error('It is not a file'))
  return found.size
}

function unreadable(file: string, cause: Error): MarketflowError {
  return new MarketflowError('validation-failed', `Cannot read ${file}`, { cause })
}

function about(file: string, { message, errors }: MarketflowError): MarketflowError {
  return new MarketflowError('validation-failed', `Cannot import ${file}: ${message}`, { errors })
}

/** Counts in `summary` what has been committed, also when it fails. */
async function importFile(
  core: Core,
  file: OpenedFile,
  { profile: { source, shared, id }, ...directory }: Directory,
  close: boolean,
  summary: Summary,
): Promise<void> {
  const [importMarkets, endImport, unitOfWork, clock] = await Promise.all([
    core.container.getAsync(serviceOf(ImportMarkets)),
    core.container.getAsync(serviceOf(EndImport)),
    core.container.getAsync(Writes),
    core.container.getAsync(Clock),
  ])
  const run = randomUUID()
  const format = file.size === undefined ? '{rows} rows' : '{bar} {percentage}%  {rows} rows'
  // Into a file or a pipe it writes a line now and then.
  const bar = new SingleBar({ format, clearOnComplete: true, noTTYOutput: true }, Presets.shades_classic)
  let organizerId: string | undefined
  let markets: (DirectoryMarket & SeenRow)[] = []
  let skipped: SeenRow[] = []
  const commit = async () => {
    if (markets.length + skipped.length === 0) return
    // Not before there is a market to list: a file without any leaves an empty database without accounts.
    if (markets.length > 0) organizerId ??= await directoryOrganizer(unitOfWork, clock)
    const counts = await importMarkets(organizerId ?? '', { source, run, markets, skipped })
    for (const key of ['imported', 'updated', 'unchanged', 'claimed'] as const) summary[key] += counts[key]
    for (const { line, directoryId, before } of counts.repeated)
      skip(
        summary,
        line,
        `${id.length > 0 ? `${id[0]} ${directoryId} is` : 'its name and place are'} already on line ${before}`,
      )
    ;[markets, skipped] = [[], []]
    bar.update(file.read(), {
      rows: summary.imported + summary.updated + summary.unchanged + summary.claimed,
    })
  }
  const take = (row: DirectoryRow) => {
    if (row.kind === 'market') return markets.push({ ...row.market, line: row.line })
    skip(summary, row.line, row.reason)
    if (row.id === undefined) summary.unreadable += 1
    else skipped.push({ directoryId: row.id, line: row.line })
  }
  bar.start(file.size ?? 0, 0, { rows: 0 })
  try {
    for await (const row of directory.rows) {
      take(row)
      if (markets.length + skipped.length === BATCH) await commit()
      if (summary.interrupted !== undefined) return
    }
    await commit()
    await end()
  } finally {
    summary.notes = directory.notes()
    bar.stop()
  }

  async function end(): Promise<void> {
    const mayClose = close && summary.unreadable === 0 && organizerId !== undefined
    const first = await endImport({ source, run, close: mayClose })
    summary.missing = shared || organizerId === undefined ? 0 : first.missing
    for (let last = first; last.closed > 0; last = await endImport({ source, run, close: mayClose })) {
      summary.closed += last.closed
    }
  }
}

function skip(summary: Summary, line: number, reason: string): void {
  summary.skipped += 1
  if (summary.told.length < MOST_TOLD) summary.told.push({ line, reason })
}

function report(summary: Summary, close: boolean): void {
  const { imported, updated, unchanged, claimed, skipped, told, unreadable, missing, closed, notes } = summary
  const say = (line: string) => process.stdout.write(`${line}\n`)
  say(`${imported} imported, ${updated} updated, ${unchanged} unchanged, ${skipped} skipped`)
  for (const { line, reason } of told.toSorted((one, other) => one.line - other.line))
    say(`  line ${line}: ${reason}`)
  if (skipped > told.length) say(`  and ${skipped - told.length} more`)
  if (claimed > 0) say(`${claimed} left as they are: they have an organizer here`)
  for (const note of notes) say(note)
  if (closed > 0) say(`${closed} closed: the file has them no longer`)
  const left = missing - closed
  if (left > 0 && !close) say(`${left} listed before are not in the file; --close-missing closes them`)
  if (left > 0 && close)
    say(
      `${left} listed before are not in the file, and stay: they may be on the ${unreadable} lines that tell no id`,
    )
  if (summary.interrupted !== undefined)
    say('Interrupted: these are in, the rest of the file is not. Run it again to go on.')
}
