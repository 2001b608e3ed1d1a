import type { Logger } from 'pino'
import { z } from 'zod'
import { openControlSocket } from '../adapters/cli/control-socket.ts'
import { asHttpError } from '../adapters/http/kit/problem.ts'
import type { Config } from './config/config.ts'
import { explainExit } from './exit.ts'
import type { OperatorCommands } from './operator-commands.ts'

const explainInput = z.strictObject({ path: z.string() })
const invalidateInput = z.strictObject({ tags: z.array(z.string().min(1)).min(1) })

/** What `npm run cache` asks of this instance. A service that cannot listen for it serves all the same. */
export async function openControl(
  { dataDir }: Config,
  { explain, invalidate }: OperatorCommands,
  logger: Logger,
): Promise<{ close(): Promise<void> }> {
  const nothing = { close: async () => {} }
  if (dataDir === 'memory') return nothing
  try {
    return await openControlSocket(dataDir, {
      explain: (input) => inWords(explain(explainInput.parse(input).path)),
      invalidate: async (input) => {
        const { tags } = invalidateInput.parse(input)
        await invalidate(tags)
        logger.info({ account: 'operator', action: 'invalidate', tags }, 'by the control socket')
      },
    })
  } catch (error) {
    logger.warn({ err: error, dataDir }, 'no control socket: `npm run cache` will not find this instance')
    return nothing
  }
}

/** Over the socket goes one text: what was wrong, and with which parameter. */
async function inWords<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    const refusal = asHttpError(error)
    throw refusal.code === 'internal' ? error : new Error(explainExit(refusal), { cause: error })
  }
}
