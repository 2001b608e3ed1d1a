import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cacheContract, ManualClock, modelContract } from 'marketflow/contract'
import { SystemRandom } from 'marketflow/port'
import { simulationContract } from 'marketflow/simulation'
import { afterAll } from 'vitest'
import { FileCache } from './file-cache.ts'

const directory = mkdtempSync(join(tmpdir(), 'marketflow-file-cache-'))
afterAll(() => rmSync(directory, { recursive: true }))

const clock = new ManualClock()
const make = () => new FileCache(directory, clock, new SystemRandom())
const advance = (ms: number) => clock.advance(ms)

cacheContract('file', make, { shared: false, remembers: true, advance })

modelContract('file', make, { remembers: true, advance })

simulationContract(
  { name: 'file', reach: 'private', make: ({ clock, random }) => new FileCache(directory, clock, random) },
  { schedules: 50 },
)
