import { readFileSync } from 'node:fs'

export interface Mutant {
  readonly mutatorName: string
  readonly replacement?: string
  readonly status: string
  readonly location: { readonly start: Position; readonly end: Position }
}

interface Position {
  readonly line: number
  readonly column: number
}

/** What Stryker's `json` reporter writes, as far as it is read here. */
export interface Report {
  readonly files: Readonly<Record<string, { readonly source: string; readonly mutants: readonly Mutant[] }>>
}

/** A mutant that no longer ends counts as noticed, as Stryker counts it. */
export const NOTICED = new Set(['Killed', 'Timeout'])
export const UNNOTICED = new Set(['Survived', 'NoCoverage'])

export function readReport(path: string): Report {
  return JSON.parse(readFileSync(path, 'utf8')) as Report
}

/** Where the mutants are that no test noticed, as Stryker's `mutate` takes it: it counts columns from 0. */
export function unnoticedPlaces({ files }: Report): string[] {
  const places = Object.entries(files).flatMap(([path, { mutants }]) =>
    mutants
      .filter(({ status }) => UNNOTICED.has(status))
      .map(({ location: { start, end } }) => {
        const [from, to] = [start, end].map(({ line, column }) => `${line}:${column - 1}`)
        return `${path}:${from}-${to}`
      }),
  )
  return [...new Set(places)]
}
