import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PROBLEM_TITLES, STATUS_OF } from '../../../../src/adapters/http/kit/problem.ts'
import { VERSION } from '../../../../src/adapters/http/openapi/document.ts'
import { templatedPath } from '../../../../src/adapters/http/openapi/operation-object.ts'
import { DOCUMENT, ROUTES } from '../../../support/api-document.ts'
import { TestApi } from '../harness.ts'

const run = promisify(execFile)
const ROOT = new URL('../../../..', import.meta.url).pathname

const documented = Object.entries(DOCUMENT.paths).flatMap(([path, operations]) =>
  Object.entries(operations).map(([method, operation]) => ({ method, path, operation })),
)

describe('the document', () => {
  let directory: string
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'marketflow-openapi-'))
  })
  afterAll(() => rm(directory, { recursive: true }))

  /** What the linter says of a document: problems, each with its rule. */
  async function lint(document: unknown): Promise<string[]> {
    const file = join(directory, 'openapi.json')
    await writeFile(file, JSON.stringify(document))
    const args = ['lint', file, '--config', join(ROOT, 'redocly.yaml'), '--format', 'json']
    const env = { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' }
    const options = { cwd: ROOT, env }
    // It exits with 1 when it finds something.
    const { stdout } = await run(join(ROOT, 'node_modules/.bin/redocly'), args, options).catch(
      (failed) => failed,
    )
    const { problems } = JSON.parse(stdout) as { problems: { ruleId: string; message: string }[] }
    return problems.map(({ ruleId, message }) => `${ruleId}: ${message}`)
  }

  it('has every route of the API, and no others', () => {
    const routes = ROUTES.filter(({ operation }) => operation !== null)
    const names = routes.map(({ method, path }) => `${method.toLowerCase()} ${templatedPath(path)}`)
    expect(documented.map(({ method, path }) => `${method} ${path}`).sort()).toEqual(names.sort())
  })

  it('leaves out what people look at, and nothing else', () => {
    const paths = ROUTES.filter(({ operation }) => operation === null).map(({ path }) => path)
    expect(paths).toEqual(PAGES)
  })

  it('passes the linter, examples included, and the linter would find what is wrong', async () => {
    expect(await lint(DOCUMENT)).toEqual([])
    const broken = structuredClone(DOCUMENT)
    broken.paths['/me']!.get!.operationId = 'listMarkets'
    const forbidden = broken.components.responses.Forbidden!.content['application/problem+json']
    forbidden.examples.forbidden!.value = { ...forbidden.examples.forbidden!.value, code: 'slug-taken' }
    const rules = (await lint(broken)).map((each) => each.split(':')[0])
    expect(rules).toContain('operation-operationId-unique')
    expect(rules).toContain('no-invalid-media-type-examples')
  })

  it('knows every error of the catalogue that an operation can answer with', () => {
    const codes = new Set<string>()
    for (const response of Object.values(DOCUMENT.components.responses)) {
      for (const code of response.content['application/problem+json'].schema.allOf[1].properties.code.enum)
        codes.add(code)
    }
    // The others answer what is no operation, and the operator's page.
    const others = [
      'route-not-found',
      'method-not-allowed',
      'cache-unavailable',
      'market-claimed',
      'account-not-found',
    ]
    const expected = Object.keys(PROBLEM_TITLES).filter((code) => !others.includes(code))
    expect([...codes].sort()).toEqual(expected.sort())
    expect([STATUS_OF['route-not-found'], STATUS_OF['method-not-allowed']]).toEqual([404, 405])
  })

  it('lets answers gain fields, and bodies have no others', () => {
    const { MarketDetail, Problem, NewMarket, OrganizerRegistration } = DOCUMENT.components.schemas
    for (const answered of [MarketDetail, Problem])
      expect(JSON.stringify(answered)).not.toContain('additionalProperties')
    for (const sent of [NewMarket, OrganizerRegistration]) expect(sent!.additionalProperties).toBe(false)
  })

  it('has regular expressions that other languages read', () => {
    expect(JSON.stringify(DOCUMENT)).not.toMatch(/\\\\p\{/)
  })

  it('has the package’s version', async () => {
    const { version } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'))
    expect(VERSION).toBe(version)
  })

  it('is served as it is, and with 304 to a client that has it', async () => {
    const api = await TestApi.start()
    try {
      const served = await api.fetch('/openapi.json')
      expect(served.headers.get('content-type')).toBe('application/json')
      expect(served.headers.get('cache-control')).toBe('no-cache')
      expect(await served.json()).toEqual(JSON.parse(JSON.stringify(DOCUMENT)))
      const etag = served.headers.get('etag')!
      const unchanged = await api.fetch('/openapi.json', { headers: { 'if-none-match': etag } })
      expect([unchanged.status, await unchanged.text()]).toEqual([304, ''])
      const other = await api.fetch('/openapi.json', { headers: { 'if-none-match': '"another"' } })
      expect(other.status).toBe(200)
    } finally {
      await api.close()
    }
  })
})

const PAGES = [
  '/',
  '/m/:slug.ics',
  '/m/:slug',
  '/v',
  '/v/:id',
  '/sitemap.xml',
  '/sitemap/:part.xml',
  '/account',
  '/account',
  '/account/delete',
  '/account/delete',
  '/reset-password',
  '/reset-password',
  '/robots.txt',
  '/assets/:file',
  '/docs',
  '/docs/viewer.js',
  '/docs/swagger-ui.css',
  '/docs/swagger-ui-bundle.js',
  '/docs/favicon.png',
]
