import { mkdir, writeFile } from 'node:fs/promises'

const DIRECTORY = new URL('../../docs/bench/', import.meta.url)

/** A table in Markdown: the first column to the left, figures to the right. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const alignment = head.map((_, column) => (column === 0 ? ':--' : '--:'))
  return [head, alignment, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

/** Prints the report, and keeps it as `docs/bench/{name}`. */
export async function publish(name: string, paragraphs: readonly string[]): Promise<void> {
  const text = `${paragraphs.join('\n\n')}\n`
  console.log(text)
  await mkdir(DIRECTORY, { recursive: true })
  await writeFile(new URL(name, DIRECTORY), text)
}

export async function publishJson(name: string, figures: unknown): Promise<void> {
  await mkdir(DIRECTORY, { recursive: true })
  await writeFile(new URL(name, DIRECTORY), `${JSON.stringify(figures, rounded, 2)}\n`)
}

/** What was counted as it is, what was measured to four places: the rest is noise. */
function rounded(_key: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(4)) : value
}

export function ratio(value: number): string {
  return `×${value < 10 ? value.toFixed(2) : Math.round(value).toLocaleString('en')}`
}

export function milliseconds(value: number): string {
  return `${value < 10 ? value.toFixed(2) : Math.round(value).toLocaleString('en')} ms`
}

export async function publishSvg(name: string, svg: string): Promise<void> {
  await mkdir(DIRECTORY, { recursive: true })
  await writeFile(new URL(name, DIRECTORY), svg)
}
