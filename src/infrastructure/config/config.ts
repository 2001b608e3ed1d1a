import { availableParallelism } from 'node:os'
import ipaddr from 'ipaddr.js'
import { z } from 'zod'
import { clusterMisfit, redisAddress } from '../../adapters/cache/redis-address.ts'
import type { DatabaseLocation } from '../../adapters/postgres/database.ts'
import { type Misspelt, misspelt } from './misspelt.ts'
import { SECRET_FILES, withSecretFiles } from './secret-files.ts'
import { tracingOf, tracingVariables } from './tracing-config.ts'

/** A whole number from the environment, with bounds and a unit in its message. */
const whole = (least: number, most: number) =>
  z.string().regex(/^\d+$/, 'expected a whole number').transform(Number).pipe(z.number().min(least).max(most))

/** A part of one, such as 0.001. */
const share = z
  .string()
  .regex(/^(\d+|\d*\.\d+)$/, 'expected a number from 0 to 1')
  .transform(Number)
  .pipe(z.number().max(1, 'expected a number from 0 to 1'))

const yesOrNo = z.enum(['true', 'false'], 'expected true or false').transform((text) => text === 'true')

const url = (protocols: RegExp, example: string) =>
  z.url({ protocol: protocols, error: `expected a URL like ${example}` })

/** One Redis server or the nodes of a cluster, and nothing that would change how either is talked to. */
const redisUrls = z
  .string()
  .transform((text) => text.split(',').map((part) => part.trim()))
  .superRefine((urls, context) => {
    try {
      const misfit = clusterMisfit(urls.map(redisAddress))
      if (misfit !== undefined) context.addIssue({ code: 'custom', message: misfit })
    } catch (error) {
      context.addIssue({ code: 'custom', message: (error as TypeError).message })
    }
  })

const signingSecret = z.string().refine((text) => Buffer.byteLength(text) >= 32, 'expected at least 32 bytes')

/** Pages live at the root of where a service is found from outside, so nothing may follow. */
const origin = url(/^https?$/, 'https://markets.example.org')
  .transform((text) => new URL(text))
  .refine((each) => each.href === `${each.origin}/`, 'expected scheme, host and port only')
  .transform((each) => each.origin)

const notOrigins = 'expected * or origins like https://shop.example.org, comma-separated'

/** As browsers write them in `Origin`. */
const origins = z
  .string()
  .transform((text) => text.split(',').map((part) => part.trim()))
  .refine(
    (parts) => parts.every((part) => URL.parse(part)?.origin === part && /^https?:/.test(part)),
    notOrigins,
  )

const environment = z
  .object({
    PORT: whole(0, 65_535).default(3000),
    HOST: z.string().min(1).default('127.0.0.1'),
    /** Processes that share the port, each an instance of its own. */
    WORKERS: z
      .string()
      .regex(/^(auto|\d+)$/, 'expected a whole number or auto')
      .transform((text) => (text === 'auto' ? availableParallelism() : Number(text)))
      .pipe(z.number().min(1).max(1024))
      .default(1),
    /** Where the service is found from outside, as an origin without a slash. */
    PUBLIC_URL: origin.optional(),
    /** Other origins whose pages may use the API; absent: none. */
    CORS_ORIGINS: z.union([z.literal('*').transform(() => ['*']), origins]).default([]),
    /** The mail server; absent: no mail is sent. */
    SMTP_URL: url(/^smtps?$/, 'smtps://user:password@mail.example.org').optional(),
    /** What mail says it comes from. */
    MAIL_FROM: z
      .string()
      .regex(
        /^[^<>@\p{Cc}]*<?[^<>@\s]+@[^<>@\s]+>?$/u,
        'expected an address like Markets <markets@example.org>',
      )
      .optional(),
    /** Absent: embedded PGlite in `DATA_DIR` (`memory` keeps nothing). */
    DATABASE_URL: url(/^postgres(ql)?$/, 'postgres://user@host:5432/database').optional(),
    DATA_DIR: z.string().min(1).default('.marketflow'),
    CACHE: z
      .enum(['tiered', 'near', 'redis', 'lru', 'null'], 'expected tiered, near, redis, lru or null')
      .optional(),
    REDIS_URL: redisUrls.optional(),
    REDIS_PREFIX: z.string().max(100).default('marketflow:'),
    REDIS_TIMEOUT_MS: whole(1, 60_000).default(50),
    LEASE_MS: whole(100, 60_000).default(1000),
    /** Accepted for one release, and without effect. */
    SINGLE_INSTANCE: z.string().optional(),
    SERVE_UNVERIFIED: yesOrNo.default(true),
    /** Which part of the hits is compared with the database. */
    SHADOW_CHECK: share.default(0),
    CACHE_MAX_MB: whole(1, 1_000_000).default(64),
    /** Absent: made, and kept in `DATA_DIR`. */
    JWT_SECRET: signingSecret.optional(),
    /** Another secret whose tokens are accepted too, while one takes the other’s place. */
    JWT_SECRET_ACCEPTED: signingSecret.optional(),
    /** Whether the service brings the schema up to date when it starts, or refuses to start on an old one. */
    MIGRATE: yesOrNo.default(true),
    /** How many proxies stand in front and tell the client’s address. */
    TRUST_PROXY: whole(0, 10).default(0),
    /** Opens `/admin` to its holder; absent: there is none. */
    ADMIN_TOKEN: z.string().min(16, 'expected at least 16 characters').optional(),
    /** Lets scrapers on other machines read `/metrics`; absent: only this machine may. */
    METRICS_TOKEN: z.string().min(16, 'expected at least 16 characters').optional(),
    SEED_DEMO: yesOrNo.optional(),
    RATE_LIMIT: z.enum(['on', 'off'], 'expected on or off').default('on'),
    ...tracingVariables,
    LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  })
  .superRefine((env, context) => {
    const cache = env.CACHE ?? (env.REDIS_URL === undefined ? 'lru' : 'tiered')
    const missing = (path: string, message: string) =>
      context.addIssue({ code: 'custom', path: [path], message })
    if (cache !== 'lru' && cache !== 'null' && env.REDIS_URL === undefined) {
      missing('REDIS_URL', `required with CACHE=${cache}`)
    }
    if (env.DATABASE_URL !== undefined && env.JWT_SECRET === undefined) {
      missing('JWT_SECRET', 'required with DATABASE_URL: at least 32 bytes, the same for every instance')
    }
    if (env.SMTP_URL !== undefined) {
      const because = 'required with SMTP_URL: '
      if (env.MAIL_FROM === undefined) missing('MAIL_FROM', `${because}what mail says it comes from`)
      if (env.PUBLIC_URL === undefined) missing('PUBLIC_URL', `${because}where the links in mails lead`)
    }
    if (env.WORKERS > 1 && env.DATABASE_URL === undefined) {
      missing('WORKERS', 'more than 1 needs a DATABASE_URL: the embedded database belongs to one process')
    }
  })

/** `REDIS_TIMEOUT_MS` → `redisTimeoutMs`. */
type CamelCase<Name extends string> = Name extends `${infer Head}_${infer Tail}`
  ? `${Lowercase<Head>}${Capitalize<CamelCase<Tail>>}`
  : Lowercase<Name>

/** What is not read by its standard's own name. */
type Own<Name> = Name extends `OTEL_${string}` ? never : Name

type CamelCased<Values> = {
  [Name in keyof Values & string as CamelCase<Own<Name>>]: Values[Name]
}

function camelCased<Values extends object>(values: Values): CamelCased<Values> {
  const own = Object.entries(values).filter(([name]) => !name.startsWith('OTEL_'))
  const camel = (name: string) => name.toLowerCase().replaceAll(/_(.)/g, (_, next) => next.toUpperCase())
  return Object.fromEntries(own.map(([name, value]) => [camel(name), value])) as CamelCased<Values>
}

/** What the service runs with: the variables by their names in camel case, and what follows from them. */
function configOf(values: z.output<typeof environment>) {
  const { CACHE, CACHE_MAX_MB, RATE_LIMIT, REDIS_URL, SEED_DEMO, SINGLE_INSTANCE, ...plain } = values
  const embedded = plain.DATABASE_URL === undefined
  // A proxy in front leads others to an address that only this machine can connect to.
  const exposed = !isLoopback(plain.HOST) || plain.TRUST_PROXY > 0
  return {
    ...camelCased(plain),
    cache: CACHE ?? (REDIS_URL === undefined ? 'lru' : 'tiered'),
    cacheMaxBytes: CACHE_MAX_MB * 1024 * 1024,
    rateLimit: RATE_LIMIT === 'on',
    /** Several are the nodes of a cluster. */
    redisUrls: REDIS_URL ?? [],
    /** Whether requests may come from other machines. */
    exposed,
    seedDemo: SEED_DEMO ?? (embedded && !exposed),
    /** Variables that are accepted for one release more, and have no effect. */
    obsolete: SINGLE_INSTANCE === undefined ? [] : ['SINGLE_INSTANCE'],
    /** Undefined: no spans, and no SDK. */
    tracing: tracingOf(values),
  }
}

/** What the service runs with. Times in ms, sizes in bytes. */
export type Config = Readonly<ReturnType<typeof configOf>> & {
  /** What the environment has beside that and was probably meant for us. */
  readonly misspelt: readonly Misspelt[]
}

/** The environment is not usable; the message names every wrong value. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

/** Every variable that `readConfig` knows, without the `…_FILE` of the secrets, and its default where it has one. */
export const VARIABLES: Readonly<Record<string, unknown>> = Object.fromEntries(
  Object.entries(environment.shape).map(([name, schema]) => [name, schema.safeParse(undefined).data]),
)

/** @throws ConfigError naming every variable that is wrong and what was expected. */
export function readConfig(env: NodeJS.ProcessEnv): Config {
  // An empty variable is how compose files and shells say «not set».
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''))
  const { env: complete, problems } = withSecretFiles(given)
  const parsed = environment.safeParse(complete)
  const doubtful = misspelt(Object.keys(given), [...Object.keys(VARIABLES), ...SECRET_FILES])
  if (!parsed.success || problems.length > 0) {
    const issues =
      parsed.error?.issues.map(({ path, message }) => ({ variable: path.join('.'), message })) ?? []
    const unknown = doubtful.map(({ variable, meant }) => ({ variable, message: unknownVariable(meant) }))
    const lines = [...problems, ...issues, ...unknown].map(
      ({ variable, message }) => `  ${variable}: ${message}`,
    )
    throw new ConfigError(`The configuration is not usable:\n${lines.join('\n')}`)
  }
  return { ...configOf(parsed.data), misspelt: doubtful }
}

const unknownVariable = (meant: string) =>
  `unknown, and so without effect; the nearest that is known: ${meant}`

/** A sentence for each variable that was meant for the service, and has no effect. Values are not told. */
export function doubtsAbout({ misspelt, obsolete }: Config): string[] {
  return [
    ...misspelt.map(({ variable, meant }) => `${variable}: ${unknownVariable(meant)}`),
    ...obsolete.map(
      (variable) =>
        `${variable}: without effect, and an error in the next release; instances find each other now`,
    ),
  ]
}

/** What a command runs with that signs no tokens: it needs the service's environment, but not its secret. */
export function readCommandConfig(env: NodeJS.ProcessEnv): Config {
  const others = Object.entries(env).filter(([name]) => !name.startsWith('JWT_SECRET'))
  return readConfig({ ...Object.fromEntries(others), JWT_SECRET: UNUSED_SECRET })
}

const UNUSED_SECRET = 'unused'.padEnd(32, '-')

/** Which database the settings name. */
export function locationOf({ databaseUrl, dataDir }: Config): DatabaseLocation {
  return databaseUrl === undefined ? { dataDir } : { url: databaseUrl }
}

/** Whether only this machine can connect to a service that listens on this host, a name or an address. */
function isLoopback(host: string): boolean {
  if (host === 'localhost') return true
  return ipaddr.isValid(host) && ipaddr.process(host).range() === 'loopback'
}
