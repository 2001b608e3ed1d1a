import { readFileSync } from 'node:fs'
import { parse } from 'yaml'

export const ROOT = new URL('../..', import.meta.url)

export function read(path: string): string {
  return readFileSync(new URL(path, ROOT), 'utf8')
}

/** What the tests look at in a service of a compose file. */
export interface ComposeService {
  readonly image?: string
  readonly build?: string
  readonly command?: string | readonly string[]
  readonly restart?: string
  readonly read_only?: boolean
  readonly environment?: Readonly<Record<string, string>>
  readonly ports?: readonly string[]
  readonly networks?: readonly string[]
  readonly volumes?: readonly string[]
  readonly healthcheck?: { readonly test: readonly string[] }
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>
  readonly stop_grace_period?: string
  readonly deploy?: {
    readonly replicas?: number
    readonly resources?: { readonly limits?: { readonly memory?: string } }
  }
}

export interface ComposeFile {
  readonly services: Readonly<Record<string, ComposeService>>
}

export const COMPOSE_TEXT = read('docker-compose.prod.yml')
/** With its anchors merged, variables still as they are written. */
export const COMPOSE: ComposeFile = parse(COMPOSE_TEXT, { merge: true })

/** A `${NAME}`, `${NAME:-default}` or `${NAME:?message}` of a compose file. */
export interface Reference {
  readonly name: string
  /** Undefined when it has none. */
  readonly fallback: string | undefined
  /** Whether Compose refuses to go on without it. */
  readonly required: boolean
}

const REFERENCE = /\$\{(\w+)(?:(:-|:\?)([^}]*))?\}/g

export function referencesIn(text: string): Reference[] {
  return [...text.matchAll(REFERENCE)].map(([, name, operator, rest]) => ({
    name: name!,
    fallback: operator === ':-' ? rest! : undefined,
    required: operator === ':?',
  }))
}

/** A service's environment as its container gets it. */
export function environmentOf(
  service: ComposeService,
  env: Readonly<Record<string, string>>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(service.environment ?? {}).map(([name, value]) => [
      name,
      value.replace(REFERENCE, (_all, key: string, operator: string, rest: string) => {
        const given = env[key] ?? ''
        if (given === '' && operator === ':?') throw new Error(`${key}: ${rest}`)
        return given === '' && operator === ':-' ? rest : given
      }),
    ]),
  )
}

/** Of `128mb`, `1536M` or `1GB`, in MiB. */
export function mebibytes(text: string): number {
  const [, number, unit] = /^(\d+)(m|g)b?$/i.exec(text) ?? []
  if (number === undefined) throw new Error(`${text} is no size`)
  return Number(number) * (unit!.toLowerCase() === 'g' ? 1024 : 1)
}
