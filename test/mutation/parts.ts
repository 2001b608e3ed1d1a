/** Some files, and the tests that their mutants are tried against. */
interface Part {
  readonly mutate: readonly string[]
  readonly tests: readonly string[]
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
} satisfies Record<string, Part>

export function part(name = process.env.PART): Part {
  if (name === undefined || !(name in PARTS))
    throw new Error(`PART: expected ${Object.keys(PARTS).join(', ')}`)
  return PARTS[name as keyof typeof PARTS]
}
