import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freshDatabase } from '../support/postgres.ts'
import { startRedis } from '../support/redis.ts'
import { projectWith, ROOT, run, tarball } from './workshop.ts'

const { exports, devDependencies, dependencies } = JSON.parse(
  await readFile(join(ROOT, 'package.json'), 'utf8'),
)
const ENTRY_POINTS = Object.keys(exports).map((subpath) => subpath.replace('./', 'marketflow/'))
/** The oldest Node that the package is for. */
const NODE = { node: '22' }

await run('npm', ['run', 'build'])
const packed = await tarball()
afterAll(() => packed.remove())

/** As this project has them. */
function versionsOf(...names: readonly string[]): Record<string, string> {
  const versions = { ...devDependencies, ...dependencies }
  return Object.fromEntries(names.map((name) => [name, versions[name]]))
}

describe('the tarball', () => {
  it('is small', async () => {
    expect((await stat(packed.path)).size).toBeLessThan(250_000)
  })

  it('has nothing against it from publint', async () => {
    expect(await run('npx', ['publint', '--strict', packed.path])).toMatch(/All good!/)
  })

  it('has types that resolve as the code does', async () => {
    await run('npx', ['attw', packed.path, '--profile', 'esm-only'])
  })
})

describe('an empty project that installs it', () => {
  let bare: Awaited<ReturnType<typeof projectWith>>
  beforeAll(async () => {
    bare = await projectWith({ marketflow: `file:${packed.path}`, ...NODE })
  })
  afterAll(() => bare.remove())

  it('gets none of what the service needs', async () => {
    const installed = await readdir(join(bare.path, 'node_modules'))
    expect(installed).toContain('marketflow')
    expect(installed).not.toContain('express')
    expect(installed).not.toContain('pg')
    expect(installed.length).toBeLessThan(15)
  })

  it.each(['core', 'port', 'kit', 'null', 'lru', 'near', 'checker'])(
    'imports marketflow/%s with no package beside it',
    async (name) => {
      await bare.run('node', '--eval', `await import('marketflow/${name}')`)
    },
  )
})

describe('the library, another application', () => {
  let library: Awaited<ReturnType<typeof projectWith>>
  beforeAll(async () => {
    const [database, empty, redis] = await Promise.all([freshDatabase(), freshDatabase(), startRedis()])
    const packages = versionsOf('@types/node', '@types/pg', 'fast-check', 'ioredis', 'pg', 'vitest', 'zod')
    library = await projectWith(
      { marketflow: `file:${packed.path}`, ...packages, ...NODE },
      join(ROOT, 'test/consumer'),
      {
        DATABASE_URL: database.url,
        EMPTY_DATABASE_URL: empty.url,
        REDIS_URL: redis.url,
      },
    )
    return async () => {
      await library.remove()
      await redis.stop()
      await Promise.all([database.drop(), empty.drop()])
    }
  })

  it('runs on Node 22, and imports every entry point', async () => {
    expect(await library.run('node', '--version')).toMatch(/^v22\./)
    for (const name of ENTRY_POINTS) await library.run('node', '--eval', `await import('${name}')`)
  })

  it('compiles against the types', async () => {
    await run(join(ROOT, 'node_modules/.bin/tsc'), ['--project', library.path])
  })

  it('reads what was answered, on PostgreSQL with Redis and in memory', async () => {
    expect(await library.run('vitest', 'run', '--reporter=verbose')).toMatch(/Tests .*6 passed/)
  })
})

describe('an adapter of others, on memcached', () => {
  let adapter: Awaited<ReturnType<typeof projectWith>>
  beforeAll(async () => {
    const packages = versionsOf('@redis/client', '@types/node', 'fast-check', 'memcache', 'vitest')
    const examples = join(ROOT, 'test/contract/examples')
    const env = { MEMCACHED: process.env.MEMCACHED ?? 'memcached' }
    adapter = await projectWith({ marketflow: `file:${packed.path}`, ...packages, ...NODE }, examples, env)
    return () => adapter.remove()
  })

  it('compiles against the types of what is published alone', async () => {
    await run(join(ROOT, 'node_modules/.bin/tsc'), ['--project', adapter.path])
  })

  it('keeps the contract, the model and the simulation', async () => {
    const said = await adapter.run('vitest', 'run', '--reporter=verbose', '--testTimeout=120000', 'memcached')
    for (const suite of ['safety', 'a server that is gone', 'two instances', 'model', 'simulation'])
      expect(said).toContain(`memcached: ${suite}`)
  })
})
