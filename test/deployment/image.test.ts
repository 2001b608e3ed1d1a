import { globSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { specifiersOf } from '../architecture/imports.ts'
import { runToEnd } from '../support/service.ts'
import { COMPOSE, ROOT, read } from './compose-file.ts'

const DOCKERFILE = read('Dockerfile')
const manifest = JSON.parse(read('package.json'))

/** The arguments of an instruction, each time it is given. */
function instructions(name: string): string[] {
  return [...DOCKERFILE.matchAll(new RegExp(`^${name} (.*)$`, 'gm'))].map(([, rest]) => rest!)
}

describe('the image', () => {
  it('is built on the very Node that the tests run on, in two stages', () => {
    const { node } = manifest.devDependencies
    expect(instructions('FROM')).toEqual([`node:${node}-alpine AS dependencies`, `node:${node}-alpine`])
  })

  it('gets what the ignore file lets through, and all of it', () => {
    const allowed = read('.dockerignore')
      .split('\n')
      .filter((line) => line.startsWith('!'))
      .map((line) => line.slice(1))
    const copied = instructions('COPY')
      .filter((rest) => !rest.startsWith('--from'))
      .flatMap((rest) => rest.split(' ').slice(0, -1))
    expect(new Set(copied)).toEqual(new Set(allowed))
    expect(read('.dockerignore').split('\n')[0]).toBe('*')
  })

  it('has every package that the source imports, and none that only development needs', () => {
    expect(DOCKERFILE).toContain('RUN npm ci --omit=dev --ignore-scripts')
    // No literal: knip takes the files of a literal pattern for entries, and finds no unused export in them.
    const imported = globSync(['src', '**', '*.ts'].join('/'), { cwd: ROOT })
      .flatMap((file) => specifiersOf(read(file)))
      .filter((specifier) => !specifier.startsWith('.') && !specifier.startsWith('node:'))
      .map((specifier) => /^(@[^/]+\/)?[^/]+/.exec(specifier)![0])
    expect(imported).toContain('express')
    expect([...new Set(imported)].filter((name) => !(name in manifest.dependencies))).toEqual([])
  })

  it('runs as a user who is not root, and writes nowhere that compose does not let it', () => {
    expect(instructions('USER')).toEqual(['1000:1000'])
    expect(DOCKERFILE.lastIndexOf('\nCOPY')).toBeLessThan(DOCKERFILE.indexOf('\nUSER'))
    expect(DOCKERFILE).toContain('DATA_DIR=/tmp/marketflow')
    const { read_only, build } = COMPOSE.services.service!
    expect([build, read_only]).toEqual(['.', true])
  })

  it('is compiled in its build by the account that runs it, into the directory that a start reads', () => {
    // Node puts the account's number into the name of what it keeps.
    const [, directory] = /su node -c "NODE_COMPILE_CACHE=\/app\/(\S+) node -e/.exec(DOCKERFILE)!
    expect(instructions('USER')).toEqual(['1000:1000'])
    expect(DOCKERFILE).toContain('chown -R root node_modules/.cache && chmod -R a+rX node_modules/.cache')
    expect(read('src/infrastructure/bin/main.ts')).toContain(
      `enableCompileCache(join(import.meta.dirname, '../../../${directory}'))`,
    )
  })

  it('starts, migrates and is asked by files that there are', () => {
    const commands = [...DOCKERFILE.matchAll(/CMD \["node", "([^"]+)"\]/g)].map(([, file]) => file!)
    expect(commands).toEqual(['src/infrastructure/bin/healthcheck.ts', 'src/infrastructure/bin/main.ts'])
    for (const file of commands) expect(read(file).length).toBeGreaterThan(0)
  })
})

describe('the health check', () => {
  const HEALTHCHECK = 'src/infrastructure/bin/healthcheck.ts'

  it.each([
    [200, 0],
    [503, 1],
  ])('asked of an instance that answers %i ends with %i', async (status, code) => {
    const asked: string[] = []
    const server = createServer((req, res) => {
      asked.push(req.url!)
      res.writeHead(status).end()
    }).listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    const { port } = server.address() as AddressInfo
    expect(await runToEnd(HEALTHCHECK, [], { PORT: String(port) })).toMatchObject({ code })
    expect(asked).toEqual(['/healthz'])
    server.closeAllConnections()
    server.close()
  })

  it.each([
    ['0.0.0.0', '127.0.0.1'],
    ['::', '::1'],
    ['::1', '::1'],
    ['localhost', 'localhost'],
  ])('finds a service that listens on %s at %s', async (HOST, address) => {
    const server = createServer((_req, res) => res.end()).listen(0, address)
    await new Promise((resolve) => server.once('listening', resolve))
    const { port } = server.address() as AddressInfo
    const { code, output } = await runToEnd(HEALTHCHECK, [], { HOST, PORT: String(port) })
    server.closeAllConnections()
    server.close()
    expect(code, output).toBe(0)
  })

  it('asks for the path that it is given', async () => {
    const server = createServer((req, res) => {
      res.writeHead(req.url === '/readyz' ? 503 : 200).end()
    }).listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    const env = { PORT: String((server.address() as AddressInfo).port) }
    expect(await runToEnd(HEALTHCHECK, [], env)).toMatchObject({ code: 0 })
    expect(await runToEnd(HEALTHCHECK, ['/readyz'], env)).toMatchObject({ code: 1 })
    server.closeAllConnections()
    server.close()
  })

  it('ends with 1 where no server listens', async () => {
    expect(await runToEnd(HEALTHCHECK, [], { PORT: '1' })).toMatchObject({ code: 1 })
  })
})
