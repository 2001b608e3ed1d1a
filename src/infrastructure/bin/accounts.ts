import { parseArgs } from 'node:util'
import { pino } from 'pino'
import { MakeResetLink } from '../../application/accounts/password-resets.ts'
import { readCommandConfig } from '../config/config.ts'
import { type Core, openCore } from '../core.ts'
import { exitCodeOf, explainExit } from '../exit.ts'
import { serviceOf } from '../modules/use-cases.ts'
import { resetLink } from '../reset-mails.ts'

const USAGE = `Usage: npm run accounts -- reset EMAIL    prints a link by which the account takes another password

The link is good for 30 minutes, and once. It writes to the database that the environment names (DATABASE_URL, or the
embedded one in DATA_DIR; stop the service first in that case), and the link leads to PUBLIC_URL.`

const config = () => readCommandConfig(process.env)

const COMMANDS: Readonly<Record<string, (core: Core, email: string) => Promise<string>>> = {
  reset: async ({ container }, email) => {
    const makeResetLink = await container.getAsync(serviceOf(MakeResetLink))
    const { secret, expiresAt } = await makeResetLink(email)
    return `${resetLink(config(), secret)}\nis good until ${expiresAt.toISOString()}, and once`
  },
}

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { help: { type: 'boolean', short: 'h', default: false } },
})
const [name = '', email, ...others] = positionals
const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
if (values.help) process.stdout.write(`${USAGE}\n`)
else if (command === undefined || email === undefined || others.length > 0) {
  process.stderr.write(`${USAGE}\n`)
  process.exitCode = 64
} else {
  await run(command, email).catch((error: unknown) => {
    process.stderr.write(`${explainExit(error)}\n`)
    process.exitCode = exitCodeOf(error)
  })
}

async function run(command: NonNullable<(typeof COMMANDS)[string]>, email: string): Promise<void> {
  const core = await openCore(config(), pino({ level: 'silent' }))
  try {
    process.stdout.write(`${await command(core, email)}\n`)
  } finally {
    await core.close()
  }
}
