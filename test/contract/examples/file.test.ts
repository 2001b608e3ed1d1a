import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { cacheContract } from '../cache-contract.ts'
import { modelContract } from '../model-contract.ts'
import { ManualClock, RealRandom } from '../sources.ts'
import { FileCache } from './file-cache.ts'

const directory = mkdtempSync(join(tmpdir(), 'marketflow-file-cache-'))
afterAll(() => rmSync(directory, { recursive: true }))

const clock = new ManualClock()

cacheContract('file', () => new FileCache(directory, clock, new RealRandom()), {
  shared: false,
  remembers: true,
  advance: (ms) => clock.advance(ms),
})

modelContract('file', () => new FileCache(directory, clock, new RealRandom()), {
  remembers: true,
  advance: (ms) => clock.advance(ms),
})
