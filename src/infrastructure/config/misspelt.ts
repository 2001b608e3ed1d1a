import { closestMatch } from 'leven'

/** A variable that the service does not read, and the one whose name it resembles most. */
export interface Misspelt {
  readonly variable: string
  readonly meant: string
}

/** So many letters may be wrong: of short names one, or HOME would be taken for HOST. */
const slips = (name: string) => (name.length <= 5 ? 1 : 2)

/** Kubernetes tells every container of a service named `redis` its addresses by variables such as these. */
const OF_KUBERNETES = /_(SERVICE_(HOST|PORT)|PORT)(_[A-Z\d_]+)?$/

/**
 * The variables that look as if they were meant for us, and are none of ours: a letter or two differ, or they begin as
 * several of ours do (`REDIS_`). Of OpenTelemetry's, its SDK reads many that we do not know, so there only letters count.
 */
export function misspelt(given: readonly string[], known: readonly string[]): Misspelt[] {
  return given.flatMap((variable) => {
    if (known.includes(variable)) return []
    const meant = closestMatch(variable, known, { maxDistance: slips(variable) }) ?? kin(variable, known)
    return meant === undefined ? [] : [{ variable, meant }]
  })
}

function kin(variable: string, known: readonly string[]): string | undefined {
  const [group] = /^[A-Z]+_/.exec(variable) ?? []
  if (group === undefined || group === 'OTEL_' || OF_KUBERNETES.test(variable)) return undefined
  const ours = known.filter((name) => name.startsWith(group))
  return closestMatch(variable, ours)
}
