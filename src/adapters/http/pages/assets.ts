import { hash } from 'node:crypto'
import { readFileSync } from 'node:fs'

/** A file that pages link to, under a name that changes with its content, so that browsers may keep it for good. */
export interface Asset {
  readonly path: string
  readonly file: URL
}

function asset(fileName: string): Asset {
  const file = new URL(fileName, import.meta.url)
  const [name, extension] = fileName.split('.')
  return { path: `/assets/${name}.${digest(readFileSync(file))}.${extension}`, file }
}

/** Short, and enough to tell two files apart. */
export function digest(...contents: readonly (string | Buffer)[]): string {
  return hash('sha1', contents.join('\n'), 'base64url').slice(0, 12)
}

export const STYLESHEET = asset('style.css')
export const SCRIPT = asset('page.js')
export const ICON = asset('icon.svg')
