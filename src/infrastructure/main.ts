import { readConfig } from './config.ts'
import { exitCodeOf, explainExit } from './exit.ts'
import { startService } from './service.ts'

try {
  const service = await startService(readConfig(process.env))
  let stopping = false
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      // A second Ctrl-C is meant: do not wait any longer.
      if (stopping) process.exit(1)
      stopping = true
      service.close().then(
        () => process.exit(0),
        () => process.exit(1),
      )
    })
  }
} catch (error) {
  process.stderr.write(`${explainExit(error)}\n`)
  process.exitCode = exitCodeOf(error)
}
