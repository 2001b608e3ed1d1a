import { enableCompileCache } from 'node:module'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import type { OnSignal } from '../run.ts'

/*
 * A signal counts from the first moment: as process 1 of a container, one without a listener would be lost, and reading
 * the modules takes a good part of a second. Until there is something to close, it just ends the process.
 */
let act: Parameters<OnSignal>[0] = () => process.exit(0)
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => act(signal))

// What is read takes a third less time where it was compiled before. Not in the temporary directory: what others can
// write there would be run here. Where nothing can be written, as in the image, what its build left is used.
enableCompileCache(join(import.meta.dirname, '../../../node_modules/.cache/compiled'))

const { run } = await import('../run.ts')
// Signals that came meanwhile are seen when the event loop has gone round once.
await turn()
await turn()
await run({
  onSignal: (next) => {
    act = next
  },
})
