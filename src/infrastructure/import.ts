import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { Presets, SingleBar } from 'cli-progress'
import { pino } from 'pino'
import { readUsdaDirectory } from '../adapters/directory/usda-csv.ts'
import { Clock } from '../application/consistency/ports/clock.ts'
import { Random } from '../application/consistency/ports/random.ts'
import { type DirectoryMarket, ImportMarkets } from '../application/markets/import-markets.ts'
import { Writes } from '../application/tables/reads-and-writes.ts'
import { Account } from '../domain/account.ts'
import { MarketflowError } from '../domain/errors.ts'
import { readCommandConfig } from './config.ts'
import { type Core, openCore } from './core.ts'
import { exitCodeOf, explainExit } from './exit.ts'

const USAGE = `Usage: npm run import -- FILE.csv

Loads the USDA National Farmers Market Directory export (columns FMID, MarketName, city, …) into the database that
the environment names (DATABASE_URL, or the embedded one in DATA_DIR; stop the service first in that case).
Running it again updates what changed and imports nothing twice.`

/** Rows per transaction. A batch that fails changes nothing; those before it stay. */
const BATCH = 100

/** The account that imported markets belong to. No person can sign in as it: no password has this hash. */
const DIRECTORY_ACCOUNT = {
  email: 'usda-directory@marketflow.invalid',
  name: 'USDA National Farmers Market Directory',
}

interface Summary {
  imported: number
  updated: number
  unchanged: number
  readonly skipped: { readonly line: number; readonly reason: string }[]
}

try {
  const { positionals } = parseArgs({ allowPositionals: true })
  if (positionals.length !== 1) {
    process.stderr.write(`${USAGE}\n`)
    process.exitCode = 64
  } else {
    const core = await openCore(readCommandConfig(process.env), pino({ level: 'silent' }))
    try {
      report(await importFile(core, positionals[0]!))
    } finally {
      await core.close()
    }
  }
} catch (error) {
  process.stderr.write(`${explainExit(error)}\n`)
  process.exitCode = exitCodeOf(error)
}

async function importFile(core: Core, file: string): Promise<Summary> {
  const { size } = await stat(file).catch((cause: Error) => {
    throw new MarketflowError('validation-failed', `Cannot read ${file}`, { cause })
  })
  const markets = await core.container.getAsync(ImportMarkets)
  const organizerId = await directoryOrganizer(core)
  const summary: Summary = { imported: 0, updated: 0, unchanged: 0, skipped: [] }
  const bar = new SingleBar(
    { format: '{bar} {percentage}%  {rows} rows', clearOnComplete: true },
    Presets.shades_classic,
  )
  const stream = createReadStream(file)
  let bytes = 0
  stream.on('data', (chunk) => {
    bytes += chunk.length
  })
  const commit = async (batch: readonly DirectoryMarket[]) => {
    const counts = await markets.execute(organizerId, batch)
    for (const key of ['imported', 'updated', 'unchanged'] as const) summary[key] += counts[key]
    bar.update(bytes, { rows: summary.imported + summary.updated + summary.unchanged })
  }
  bar.start(size, 0, { rows: 0 })
  try {
    let batch: DirectoryMarket[] = []
    for await (const row of readUsdaDirectory(stream)) {
      if (row.kind === 'skipped') summary.skipped.push(row)
      else batch.push(row.market)
      if (batch.length === BATCH) {
        await commit(batch)
        batch = []
      }
    }
    if (batch.length > 0) await commit(batch)
  } finally {
    bar.stop()
  }
  return summary
}

async function directoryOrganizer(core: Core): Promise<string> {
  const [unitOfWork, clock, random] = await Promise.all([
    core.container.getAsync(Writes),
    core.container.getAsync(Clock),
    core.container.getAsync(Random),
  ])
  return unitOfWork.run(async (tx, record) => {
    const known = await tx.accounts.findByEmail(DIRECTORY_ACCOUNT.email)
    if (known !== undefined) return known.id
    const id = random.uuid()
    const createdAt = new Date(clock.now())
    tx.accounts.add(
      new Account({
        id,
        ...DIRECTORY_ACCOUNT,
        role: 'organizer',
        passwordHash: '!',
        vendorId: null,
        createdAt,
      }),
    )
    record({ type: 'organizer-registered', organizerId: id })
    return id
  })
}

function report({ imported, updated, unchanged, skipped }: Summary): void {
  process.stdout.write(
    `${imported} imported, ${updated} updated, ${unchanged} unchanged, ${skipped.length} skipped\n`,
  )
  for (const { line, reason } of skipped) process.stdout.write(`  line ${line}: ${reason}\n`)
}
