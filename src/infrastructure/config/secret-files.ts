import { readFileSync } from 'node:fs'

/** Settings that hold a password or a key, and so may come as a file: what orchestrators mount is not in `inspect`. */
const SECRETS = [
  'DATABASE_URL',
  'REDIS_URL',
  'JWT_SECRET',
  'JWT_SECRET_ACCEPTED',
  'ADMIN_TOKEN',
  'METRICS_TOKEN',
  'SMTP_URL',
] as const

/** The variables that name the files. */
export const SECRET_FILES: readonly string[] = SECRETS.map((name) => `${name}_FILE`)

export interface SecretProblem {
  readonly variable: string
  readonly message: string
}

/** The environment with the contents of the files that `…_FILE` variables name, and what is wrong with those. */
export function withSecretFiles(env: NodeJS.ProcessEnv): {
  readonly env: NodeJS.ProcessEnv
  readonly problems: readonly SecretProblem[]
} {
  const complete = { ...env }
  const problems: SecretProblem[] = []
  for (const name of SECRETS) {
    const variable = `${name}_FILE`
    const file = env[variable]
    if (file === undefined) continue
    if (env[name] !== undefined) {
      problems.push({ variable, message: `give it or ${name}, not both` })
      continue
    }
    try {
      complete[name] = readFileSync(file, 'utf8').replace(/\r?\n$/, '')
    } catch (error) {
      problems.push({ variable, message: `cannot be read (${(error as NodeJS.ErrnoException).code})` })
    }
  }
  return { env: complete, problems }
}
