import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { Presets, SingleBar } from 'cli-progress'
import { pino } from 'pino'
import { type DirectoryRow, readUsdaDirectory } from '../../adapters/directory/usda-csv.ts'
import { Clock } from '../../application/consistency/ports/clock.ts'
import { directoryOrganizer } from '../../application/markets/directory-organizer.ts'
import { type DirectoryMarket, ImportMarkets } from '../../application/markets/import-markets.ts'
import { Writes } from '../../application/tables/reads-and-writes.ts'
import { MarketflowError } from '../../domain/errors.ts'
import { readCommandConfig } from '../config/config.ts'
import { type Core, openCore } from '../core.ts'
import { exitCodeOf, explainExit } from '../exit.ts'
import { serviceOf } from '../modules/use-cases.ts'

const USAGE = `Usage: npm run import -- FILE.csv

Loads the USDA National Farmers Market Directory export (columns FMID, MarketName, city, …) into the database that
the environment names (DATABASE_URL, or the embedded one in DATA_DIR; stop the service first in that case).
Running it again updates what changed and imports nothing twice. Interrupted (Ctrl-C), it ends after the rows that are
under way, and says how many are in.`

/**
 * Rows per transaction. A batch that fails changes nothing; those before it stay. Each is invalidated by some tags that
 * stand for all, and waits until they are, beside private caches a lease: so there should be few.
 */
const BATCH = 5000

/** By whom it is told to end early, and the code with which it then does, as a shell has it. */
const INTERRUPTIONS = { SIGINT: 130, SIGTERM: 143 } as const

interface Summary {
  imported: number
  updated: number
  unchanged: number
  readonly skipped: { readonly line: number; readonly reason: string }[]
  /** Why it ended before the file did. */
  interrupted?: keyof typeof INTERRUPTIONS
}

try {
  const { positionals } = parseArgs({ allowPositionals: true })
  if (positionals.length !== 1) {
    process.stderr.write(`${USAGE}\n`)
    process.exitCode = 64
  } else {
    const config = readCommandConfig(process.env)
    const file = await openDirectory(positionals[0]!)
    const core = await openCore(config, pino({ level: 'silent' }))
    const summary: Summary = { imported: 0, updated: 0, unchanged: 0, skipped: [] }
    for (const signal of ['SIGINT', 'SIGTERM'] as const)
      process.once(signal, () => {
        summary.interrupted ??= signal
      })
    try {
      await importFile(core, file, summary)
    } finally {
      report(summary)
      await core.close()
    }
    if (summary.interrupted !== undefined) process.exitCode = INTERRUPTIONS[summary.interrupted]
  }
} catch (error) {
  process.stderr.write(`${explainExit(error)}\n`)
  process.exitCode = exitCodeOf(error)
}

interface DirectoryFile {
  readonly size: number
  /** How much of it has been read, in bytes. */
  read(): number
  readonly rows: AsyncIterable<DirectoryRow>
}

/**
 * Opens the file and reads as far as its first row: one that is something else is refused before the database is opened,
 * which so stays as it was, down to whether it is empty and may have demo data.
 * @throws MarketflowError `validation-failed`
 */
async function openDirectory(file: string): Promise<DirectoryFile> {
  const unreadable = (cause?: Error) =>
    new MarketflowError('validation-failed', `Cannot read ${file}`, { cause })
  const found = await stat(file).catch((cause: Error) => {
    throw unreadable(cause)
  })
  if (!found.isFile()) throw unreadable(new Error('It is not a file'))
  const stream = createReadStream(file)
  let bytes = 0
  stream.on('data', (chunk) => {
    bytes += chunk.length
  })
  const rows = readUsdaDirectory(stream)
  const first = await rows.next().catch((error: Error) => {
    throw error instanceof MarketflowError ? error : unreadable(error)
  })
  return { size: found.size, read: () => bytes, rows: following(first, rows) }
}

async function* following<T>(first: IteratorResult<T, void>, others: AsyncGenerator<T>): AsyncGenerator<T> {
  if (first.done) return
  yield first.value
  yield* others
}

/** Counts in `summary` what has been committed, also when it fails. */
async function importFile(core: Core, file: DirectoryFile, summary: Summary): Promise<void> {
  const [importMarkets, unitOfWork, clock] = await Promise.all([
    core.container.getAsync(serviceOf(ImportMarkets)),
    core.container.getAsync(Writes),
    core.container.getAsync(Clock),
  ])
  let organizerId: string | undefined
  const bar = new SingleBar(
    // Into a file or a pipe it writes a line now and then.
    { format: '{bar} {percentage}%  {rows} rows', clearOnComplete: true, noTTYOutput: true },
    Presets.shades_classic,
  )
  const commit = async (batch: readonly DirectoryMarket[]) => {
    // Not before there is a market to own: a file without any leaves an empty database empty.
    organizerId ??= await directoryOrganizer(unitOfWork, clock)
    const counts = await importMarkets(organizerId, batch)
    for (const key of ['imported', 'updated', 'unchanged'] as const) summary[key] += counts[key]
    bar.update(file.read(), { rows: summary.imported + summary.updated + summary.unchanged })
  }
  bar.start(file.size, 0, { rows: 0 })
  try {
    let batch: DirectoryMarket[] = []
    for await (const row of file.rows) {
      if (row.kind === 'skipped') summary.skipped.push(row)
      else batch.push(row.market)
      if (batch.length === BATCH) {
        await commit(batch)
        batch = []
      }
      if (summary.interrupted !== undefined) return
    }
    if (batch.length > 0) await commit(batch)
  } finally {
    bar.stop()
  }
}

function report({ imported, updated, unchanged, skipped, interrupted }: Summary): void {
  process.stdout.write(
    `${imported} imported, ${updated} updated, ${unchanged} unchanged, ${skipped.length} skipped\n`,
  )
  for (const { line, reason } of skipped) process.stdout.write(`  line ${line}: ${reason}\n`)
  if (interrupted !== undefined)
    process.stdout.write('Interrupted: these are in, the rest of the file is not. Run it again to go on.\n')
}
