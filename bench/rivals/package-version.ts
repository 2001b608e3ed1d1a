import { readFileSync } from 'node:fs'
import { findPackageJSON } from 'node:module'

/** The installed version of a package, as these files would import it. */
export function packageVersion(name: string): string {
  const path = findPackageJSON(name, import.meta.url)
  if (path === undefined) throw new Error(`${name} is not installed`)
  return JSON.parse(readFileSync(path, 'utf8')).version
}
