import { openDatabase } from '../../adapters/postgres/database.ts'
import { locationOf, readCommandConfig } from '../config/config.ts'
import { exitCodeOf, explainExit } from '../exit.ts'

/*
 * Brings the schema up to date and ends: for deployments that do this once, before the instances start (`MIGRATE=false`
 * for those). Run again, it does nothing; run twice at once, one waits for the other.
 */
try {
  const database = await openDatabase(locationOf(readCommandConfig(process.env)))
  try {
    const pending = await database.pendingMigrations()
    await database.migrate()
    const done = pending.length === 0 ? 'is up to date' : `now has ${pending.join(', ')}`
    process.stdout.write(`${database.describe} ${done}\n`)
  } finally {
    await database.close()
  }
} catch (error) {
  process.stderr.write(`${explainExit(error)}\n`)
  process.exitCode = exitCodeOf(error)
}
