import { posix } from 'node:path'
import { COMPUTED_SPECIFIER, specifiersOf } from './imports.ts'

export interface SourceFile {
  /** From the repository's root, with slashes: `src/domain/market.ts`. */
  readonly path: string
  readonly text: string
}

export const LAYERS = ['domain', 'application', 'adapters', 'infrastructure'] as const
type Layer = (typeof LAYERS)[number]

/** Packages that one folder alone may import, by name or by `scope/`. A change of library then is a change of one folder. */
const OWNED_PACKAGES: Readonly<Record<string, string>> = {
  '@mikro-orm/': 'src/adapters/postgres/',
  '@electric-sql/': 'src/adapters/postgres/',
  pg: 'src/adapters/postgres/',
  ioredis: 'src/adapters/cache/',
  'lru-cache': 'src/adapters/cache/',
  cockatiel: 'src/adapters/cache/',
  express: 'src/adapters/http/',
  'rate-limiter-flexible': 'src/adapters/http/',
  jsonwebtoken: 'src/adapters/security/',
  inversify: 'src/infrastructure/',
  '@opentelemetry/': 'src/infrastructure/',
}

/** The application's only packages, and where it may import them. */
const APPLICATION_PACKAGES: Readonly<Record<string, readonly string[]>> = {
  zod: ['src/application/use-case/', 'src/application/views/', 'src/application/tables/'],
  // For the digests: the ETag, and the views' fingerprint.
  'node:crypto': ['src/application/consistency/', 'src/application/tables/'],
}

/** The core that knows no markets: it could be lifted out of here as it stands. */
const CORE = 'src/application/consistency/'

/** Names that say nothing about what is inside, so that everything ends up there. */
const VAGUE_FOLDERS = /^(utils?|common|helpers?)$/

/** Everything that breaks the layering, one sentence each; empty when it holds. */
export function violations(files: readonly SourceFile[]): string[] {
  return [
    ...emptyLayers(files),
    ...files.flatMap(namingViolations),
    ...files.flatMap(importViolations),
    ...circles(files),
  ]
}

function emptyLayers(files: readonly SourceFile[]): string[] {
  const empty = LAYERS.filter((layer) => !files.some(({ path }) => layerOf(path) === layer))
  return empty.map((layer) => `src/${layer} is empty`)
}

function namingViolations({ path }: SourceFile): string[] {
  const folders = path.split('/').slice(0, -1)
  const found = folders
    .filter((folder) => VAGUE_FOLDERS.test(folder))
    .map((folder) => `${path} lies in a folder named ${folder}`)
  if (/^index\.[cm]?[jt]sx?$/.test(posix.basename(path))) found.push(`${path} is a barrel`)
  if (layerOf(path) === undefined) found.push(`${path} lies in no layer`)
  if (/^src\/adapters\/[^/]+$/.test(path)) found.push(`${path} lies in no adapter's folder`)
  return found
}

function importViolations(file: SourceFile): string[] {
  const layer = layerOf(file.path)
  if (layer === undefined) return []
  return specifiersOf(file.text).flatMap((specifier) => {
    const why = specifier.startsWith('.')
      ? whyNotFile(file.path, layer, posix.join(posix.dirname(file.path), specifier))
      : whyNotPackage(file.path, layer, specifier)
    return why === undefined ? [] : [`${file.path} imports ${specifier}: ${why}`]
  })
}

function whyNotFile(path: string, layer: Layer, target: string): string | undefined {
  const to = layerOf(target)
  if (to === undefined) return 'that is outside the layers'
  if (within(path, [CORE]) && !within(target, [CORE]))
    return 'the consistency core imports nothing but itself'
  if (layer === 'domain' && to !== 'domain') return 'the domain imports nothing but itself'
  if (layer === 'application' && to !== 'domain' && to !== 'application') {
    return 'the application imports the domain and itself'
  }
  if (layer === 'adapters' && to === 'infrastructure') return 'adapters are assembled, they do not assemble'
  if (layer === 'adapters' && to === 'adapters' && adapterOf(path) !== adapterOf(target)) {
    return 'an adapter does not know another'
  }
  return undefined
}

function whyNotPackage(path: string, layer: Layer, specifier: string): string | undefined {
  if (specifier === COMPUTED_SPECIFIER) return 'it cannot be said where that leads'
  if (layer === 'domain') return 'the domain imports nothing but itself'
  if (layer === 'application') {
    const folders = Object.hasOwn(APPLICATION_PACKAGES, specifier) ? APPLICATION_PACKAGES[specifier]! : []
    return within(path, folders) ? undefined : 'the application imports no package here'
  }
  const name = Object.keys(OWNED_PACKAGES).find(
    (owned) =>
      `${specifier}/`.startsWith(`${owned}/`) || (owned.endsWith('/') && specifier.startsWith(owned)),
  )
  const owner = name === undefined ? undefined : OWNED_PACKAGES[name]!
  return owner === undefined || path.startsWith(owner) ? undefined : `only ${owner} imports it`
}

/**
 * Files, or folders, that import each other, in a circle of any length; also by types alone, since who reads one must
 * read all. Told once, by the first of them.
 */
function circles(files: readonly SourceFile[]): string[] {
  const imports = new Map(files.map(({ path, text }) => [path, filesImported(path, text)]))
  return [imports, ofFolders(imports)].flatMap((graph) =>
    [...graph.keys()].flatMap((path) => {
      const way = wayBack(path, graph)
      return way === undefined || way.some((other) => other < path) ? [] : [[path, ...way].join(' imports ')]
    }),
  )
}

function ofFolders(imports: ReadonlyMap<string, readonly string[]>): Map<string, string[]> {
  const folders = new Map<string, string[]>()
  for (const [path, targets] of imports) {
    const folder = `${posix.dirname(path)}/`
    const others = targets.map((target) => `${posix.dirname(target)}/`).filter((other) => other !== folder)
    folders.set(folder, [...(folders.get(folder) ?? []), ...others])
  }
  return folders
}

function filesImported(path: string, text: string): string[] {
  const files = specifiersOf(text).filter((specifier) => specifier.startsWith('.'))
  return files.map((specifier) => posix.join(posix.dirname(path), specifier))
}

/** The shortest way from a file or a folder back to itself. */
function wayBack(path: string, imports: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const ways: string[][] = [[path]]
  const seen = new Set<string>()
  for (const way of ways) {
    for (const next of imports.get(way.at(-1)!) ?? []) {
      if (next === path) return [...way.slice(1), next]
      if (seen.has(next)) continue
      seen.add(next)
      ways.push([...way, next])
    }
  }
  return undefined
}

function within(path: string, folders: readonly string[]): boolean {
  return folders.some((folder) => path.startsWith(folder))
}

function layerOf(path: string): Layer | undefined {
  return LAYERS.find((layer) => path.startsWith(`src/${layer}/`))
}

function adapterOf(path: string): string | undefined {
  return path.split('/')[2]
}
