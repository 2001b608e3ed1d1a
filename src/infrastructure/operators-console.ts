import { hostname } from 'node:os'
import type { OperatorsConsole } from '../adapters/http/admin/admin-routes.ts'
import { Statistics } from '../application/ports/statistics.ts'
import type { Config } from './config/config.ts'
import type { Core } from './core.ts'
import type { OperatorCommands } from './operator-commands.ts'
import { workerSlot } from './workers/worker.ts'

/** What `/admin` shows of this process, and does through it; undefined without an `ADMIN_TOKEN`. */
export async function operatorsConsole(
  { adminToken }: Config,
  { container }: Core,
  commands: OperatorCommands,
  closing: AbortSignal,
): Promise<OperatorsConsole | undefined> {
  if (adminToken === undefined) return undefined
  const worker = workerSlot(process.env)
  return {
    token: adminToken,
    instance: `${hostname()}, process ${process.pid}${worker === undefined ? '' : `, worker ${worker}`}`,
    statistics: await container.getAsync(Statistics),
    ...commands,
    closing,
  }
}
