import { WriteConfirmation } from '../../src/application/consistency/write-confirmation.ts'
import { readConfig } from '../../src/infrastructure/config/config.ts'
import { startService } from '../../src/infrastructure/service.ts'
import { CONFIRMED } from './confirmed.ts'

// The service with two failpoints, each switched on by a signal that only a test sends.

await startService(readConfig(process.env), [
  async (container) => {
    const confirmation = await container.getAsync(WriteConfirmation)
    const production = confirmation.confirm.bind(confirmation)
    // How a write came to be answered: its client cannot tell a wait for a lease from one for PostgreSQL.
    confirmation.confirm = async (...args) => {
      const confirmed = await production(...args)
      process.stdout.write(`${CONFIRMED}${confirmed.confirmation}\n`)
      return confirmed
    }
    // Dies between commit and invalidation: COMMIT has returned, and nothing else has happened yet.
    process.on('SIGUSR2', () => {
      confirmation.confirm = async () => process.kill(process.pid, 'SIGKILL') && new Promise(() => {})
    })
  },
])

// Blocks the event loop for three leases: no timer fires, no drain runs, and then everything goes on at once.
process.on('SIGWINCH', () => {
  const until = Date.now() + 3 * Number(process.env.LEASE_MS)
  while (Date.now() < until);
})
