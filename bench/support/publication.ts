import { readdir, readFile, writeFile } from 'node:fs/promises'
import { describeMachine, type Machine } from './machine.ts'
import type { Findings } from './part.ts'
import { publishJson, publishSvg, table } from './report.ts'

const DOCS = new URL('../../docs/bench/', import.meta.url)
/** The page of all figures, also of those that other commands measure. */
const PAGE = new URL('../../docs/figures.md', import.meta.url)
const BEGIN = '<!-- npm run bench -->'
const END = '<!-- /npm run bench -->'

/** What is kept of a part, from which the documents are made anew. */
interface Kept extends Omit<Findings, 'plots'> {
  readonly name: string
  readonly at: string
  readonly machine: Machine
}

/** Prints a part, as it is in the document. */
export function print(part: Findings & { readonly name: string }, machine: Machine): void {
  console.log(section({ ...part, at: new Date().toISOString(), machine }))
}

/** Keeps a part's figures and plots. */
export async function keep(name: string, { plots, ...findings }: Findings, machine: Machine): Promise<void> {
  for (const [file, svg] of Object.entries(plots)) await publishSvg(file, svg)
  const kept: Kept = { name, at: new Date().toISOString(), machine, ...findings }
  await publishJson(`${name}.json`, kept)
}

/** Makes `docs/bench/README.md`, and the table in `docs/figures.md`, of all the parts that were ever kept. */
export async function writeDocuments(order: readonly string[]): Promise<void> {
  for (const { file, text } of await documents(order)) await writeFile(file, text)
}

/** What those files should say. */
export async function documents(order: readonly string[]) {
  const parts: Kept[] = []
  const files = await readdir(DOCS)
  for (const name of order) {
    if (!files.includes(`${name}.json`)) continue
    parts.push(JSON.parse(await readFile(new URL(`${name}.json`, DOCS), 'utf8')))
  }
  const others = files.filter((file) => file.endsWith('.md') && file !== 'README.md').sort()
  const figures = [
    '# Figures',
    'Written by `npm run bench`; of each only the ratios within one run mean anything elsewhere.',
    headlines(parts, ''),
    `Measured by other commands: ${others.map((file) => `[${file.replace('.md', '')}](${file})`).join(', ')}.`,
    ...parts.map(section),
  ].join('\n\n')
  const page = await readFile(PAGE, 'utf8')
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)]
  if (begin < 0 || end < begin) throw new Error(`docs/figures.md: there is no ${BEGIN} … ${END}`)
  const summary = headlines(parts, 'bench/README.md')
  return [
    { file: new URL('README.md', DOCS), text: `${figures}\n` },
    { file: PAGE, text: `${page.slice(0, begin + BEGIN.length)}\n${summary}\n${page.slice(end)}` },
  ]
}

function headlines(parts: readonly Kept[], from: string): string {
  return table(
    ['', ''],
    parts.flatMap(({ title, headlines }) =>
      headlines.map(([what, figure]) => [
        what,
        `${figure} ([${title.toLowerCase()}](${from}#${anchor(title)}))`,
      ]),
    ),
  ).replace('--:', ':--')
}

function anchor(title: string): string {
  return title
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} -]/gu, '')
    .replaceAll(' ', '-')
}

function section({ name, title, report, at, machine, servers }: Kept): string {
  return [
    `## ${title}`,
    ...report,
    `Measured by \`npm run bench -- --only ${name}\` on ${at.slice(0, 10)}, ${describeMachine(machine)}; ${servers}.`,
  ].join('\n\n')
}
