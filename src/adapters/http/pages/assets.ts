import { hash } from 'node:crypto'
import { readFileSync } from 'node:fs'

/** A file that pages link to, under a name that changes with its content, so that browsers may keep it for good. */
export interface Asset {
  readonly path: string
  readonly contentType: string
  readonly body: Buffer
}

function asset(file: string, contentType: string): Asset {
  const body = readFileSync(new URL(file, import.meta.url))
  const [name, extension] = file.split('.')
  return { path: `/assets/${name}.${digest(body)}.${extension}`, contentType, body }
}

/** Short, and enough to tell two files apart. */
export function digest(...contents: readonly (string | Buffer)[]): string {
  return hash('sha1', contents.join('\n'), 'base64url').slice(0, 12)
}

export const STYLESHEET = asset('style.css', 'text/css; charset=utf-8')
export const ICON = asset('icon.svg', 'image/svg+xml')
