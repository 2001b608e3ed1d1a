import { parseArgs } from 'node:util'
import { pino } from 'pino'
import { AssignMarket } from '../../application/markets/assign-market.ts'
import { readCommandConfig } from '../config/config.ts'
import { openCore } from '../core.ts'
import { exitCodeOf, explainExit } from '../exit.ts'
import { serviceOf } from '../modules/use-cases.ts'

const USAGE = `Usage: npm run markets -- assign SLUG EMAIL

Hands an unclaimed market, as a directory lists it, to the organizer with that address. From then on it takes applications,
and no import changes it. It writes to the database that the environment names (DATABASE_URL, or the embedded one in
DATA_DIR; stop the service first in that case, or use /admin).`

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { help: { type: 'boolean', short: 'h', default: false } },
})
const [command, slug, email, ...others] = positionals
if (values.help) process.stdout.write(`${USAGE}\n`)
else if (command !== 'assign' || slug === undefined || email === undefined || others.length > 0) {
  process.stderr.write(`${USAGE}\n`)
  process.exitCode = 64
} else {
  await assign(slug, email).catch((error: unknown) => {
    process.stderr.write(`${explainExit(error)}\n`)
    process.exitCode = exitCodeOf(error)
  })
}

async function assign(slug: string, email: string): Promise<void> {
  const core = await openCore(readCommandConfig(process.env), pino({ level: 'silent' }))
  try {
    const assignMarket = await core.container.getAsync(serviceOf(AssignMarket))
    const { name, organizer } = await assignMarket(slug, email)
    process.stdout.write(`${name} is ${organizer?.name}'s now\n`)
  } finally {
    await core.close()
  }
}
