import { execFile } from 'node:child_process'
import { copyFile, glob, readFile, rm, writeFile } from 'node:fs/promises'
import { builtinModules } from 'node:module'
import { join } from 'node:path'
import { promisify } from 'node:util'

/*
 * Compiles what `exports` of package.json names to dist, as a package of its own: it depends on what its files import,
 * and not on what the service needs beside it (decision 0031).
 */

const ROOT = join(import.meta.dirname, '..')
const DIST = join(ROOT, 'dist')

/** An application installs those that the entry points need which it imports. Of types, any that fit its Node will do. */
const OPTIONAL = ['@types/node', '@types/pg', 'fast-check', 'ioredis', 'pg', 'vitest']
const ANY: Readonly<Record<string, string>> = { '@types/node': '>=22', '@types/pg': '>=8' }

interface Manifest {
  readonly name: string
  readonly version: string
  readonly license: string
  readonly exports: Readonly<Record<string, string>>
  readonly dependencies: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
}

const manifest: Manifest = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'))
await rm(DIST, { recursive: true, force: true })
await promisify(execFile)(join(ROOT, 'node_modules/.bin/tsc'), ['--project', 'package'], { cwd: ROOT }).catch(
  ({ stdout }) => {
    throw new Error(`The package does not compile:\n${stdout}`)
  },
)
await writeFile(join(DIST, 'package.json'), `${JSON.stringify(await published(), undefined, 2)}\n`)
await copyFile(join(ROOT, 'LICENSE'), join(DIST, 'LICENSE'))
await copyFile(join(ROOT, 'package/README.md'), join(DIST, 'README.md'))

async function published() {
  const { name, version, license } = manifest
  const versions = { ...manifest.devDependencies, ...manifest.dependencies }
  const ranges = (packages: readonly string[]) =>
    Object.fromEntries(packages.map((each) => [each, ANY[each] ?? `^${versions[each]}`]))
  const imported = await importedPackages()
  return {
    name,
    version,
    description: 'A cache in front of PostgreSQL that never serves stale data after an answered write.',
    license,
    type: 'module',
    sideEffects: false,
    files: ['package', 'src', 'test'],
    engines: { node: '>=22.12.0' },
    exports: Object.fromEntries(
      Object.entries(manifest.exports).map(([subpath, source]) => {
        const compiled = source.replace(/\.ts$/, '')
        return [subpath, { types: `${compiled}.d.ts`, default: `${compiled}.js` }]
      }),
    ),
    dependencies: ranges(imported.filter((each) => !OPTIONAL.includes(each))),
    peerDependencies: ranges(OPTIONAL),
    peerDependenciesMeta: Object.fromEntries(OPTIONAL.map((each) => [each, { optional: true }])),
  }
}

async function importedPackages(): Promise<string[]> {
  const found = new Set<string>()
  for await (const path of glob('**/*.js', { cwd: DIST })) {
    const text = await readFile(join(DIST, path), 'utf8')
    for (const [, specifier = ''] of text.matchAll(/(?:from|import) ['"]([^'".][^'"]*)['"]/g)) {
      const parts = specifier.split('/').slice(0, specifier.startsWith('@') ? 2 : 1)
      if (!builtinModules.includes(specifier.replace(/^node:/, ''))) found.add(parts.join('/'))
    }
  }
  return [...found].sort()
}
