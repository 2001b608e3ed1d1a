/** Some files, and the tests that their mutants are tried against. */
interface Part {
  readonly mutate: readonly string[]
  readonly tests: readonly string[]
  /**
   * Without the mutants of what is done when a file is loaded: rows of routes, texts of the API's document. Each would
   * have to be tried against every test of its part.
   */
  readonly ignoreStatic?: true
  /** The tests make databases on a server that they are given, or start. */
  readonly onServers?: true
  /** Tests that run the service as a process, for what the others have not noticed (`BY=processes`). */
  readonly byProcesses?: readonly string[]
}

/**
 * Mostly tables: what they do, they do when they are loaded, so that each of their mutants has to be tried against every
 * test of its part. Hence a part with few tests.
 */
const TABLES = ['src/application/consistency/cache-key.ts', 'src/application/*/*-reads.ts']
/** Mostly settings of connections, likewise. */
const CONNECTIONS = ['counting-client', 'master-connection', 'redis-client'].map(
  (name) => `src/adapters/cache/${name}.ts`,
)

const except = (paths: readonly string[]) => paths.map((path) => `!${path}`)

/**
 * The mutation run in parts, each against tests that are quick enough to be run a thousand times: no server, no
 * database. The Redis of the adapters' tests is in their own process, as a map or as a socket that speaks the protocol.
 * What the contract on Redis, the simulation, real servers and the outages would notice besides is left out: with them
 * a run takes days.
 */
const PARTS = {
  core: {
    mutate: ['src/application/{consistency,tables}/**/*.ts', ...except(TABLES)],
    tests: ['test/unit/{consistency,tables}/**/*.test.ts'],
  },
  tables: {
    mutate: TABLES,
    tests: [
      'test/unit/consistency/keys.test.ts',
      'test/unit/tables/{event-tags,view-keys,page-reads}.test.ts',
    ],
  },
  adapters: {
    mutate: ['src/adapters/cache/**/*.ts', '!**/*.d.ts', ...except(CONNECTIONS)],
    tests: ['test/unit/cache/**/*.test.ts', 'test/contract/lru.test.ts'],
  },
  connections: {
    mutate: CONNECTIONS,
    tests: ['test/unit/cache/{counting-client,master-connection,redis-client}.test.ts'],
  },
  domain: {
    mutate: ['src/domain/**/*.ts'],
    tests: [
      'test/unit/domain/**/*.test.ts',
      'test/unit/tables/near-markets.test.ts',
      'test/unit/observability/serialize-error.test.ts',
    ],
  },
  wiring: {
    mutate: [
      'src/infrastructure/{config,observability,workers}/**/*.ts',
      // Tried by a process that runs it with no block left on its disk.
      ...except(['src/infrastructure/config/secret.ts']),
    ],
    tests: [
      'test/unit/{config,observability,workers}/**/*.test.ts',
      'test/unit/postgres/failure-causes.test.ts',
      ...except(['test/unit/config/kept-secret.test.ts']),
    ],
    ignoreStatic: true,
  },
  http: {
    mutate: ['src/adapters/http/{*.ts,kit/*.ts,system/*.ts}', '!**/*.d.ts'],
    tests: ['test/unit/http/**/*.test.ts', ...except(['test/unit/http/slow-clients.test.ts'])],
    ignoreStatic: true,
  },
  'use-cases': {
    mutate: [
      'src/application/{accounts,applications,markets,use-case,vendors}/**/*.ts',
      ...except([...TABLES, 'src/application/*/near-markets.ts', 'src/application/*/open-days.ts']),
    ],
    tests: [
      'test/integration/postgres/{constraints,delete-market,once,row-locks}.test.ts',
      'test/property/model/model.test.ts',
    ],
    ignoreStatic: true,
    onServers: true,
    byProcesses: ['api', 'accounts', 'who-did-what', 'write-locks'].map((name) => `test/e2e/${name}.test.ts`),
  },
} satisfies Record<string, Part>

export const NAMES = Object.keys(PARTS)

export function part(name = process.env.PART): Part {
  if (name === undefined || !(name in PARTS)) throw new Error(`PART: expected ${NAMES.join(', ')}`)
  return (PARTS as Record<string, Part>)[name]!
}
