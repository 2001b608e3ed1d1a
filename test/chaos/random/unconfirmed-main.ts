import { WriteConfirmation } from '../../../src/application/consistency/write-confirmation.ts'
import { readConfig } from '../../../src/infrastructure/config/config.ts'
import { startService } from '../../../src/infrastructure/service.ts'

// Deliberately broken: writes are answered at once after COMMIT, without waiting for their invalidation.

await startService(readConfig(process.env), [
  async (container) => {
    const confirmation = await container.getAsync(WriteConfirmation)
    confirmation.confirm = async () => ({ confirmation: 'invalidated' })
  },
])
