import { existsSync } from 'node:fs'
import { NAMES } from './parts.ts'
import { type Mutant, NOTICED, readReport, UNNOTICED } from './report.ts'

/**
 * Prints, as Markdown, the score of each file and every mutant that no test noticed: `npm run mutation:survivors`,
 * after `npm run mutation`. Several reports may be named, for a run that was made in pieces.
 */

const measured = NAMES.map((part) => `reports/mutation/${part}.json`).filter((path) => existsSync(path))
const paths = process.argv.length > 2 ? process.argv.slice(2) : measured
const reports = paths.map(readReport)
const files = reports.flatMap((report) => Object.entries(report.files)).sort(([a], [b]) => a.localeCompare(b))

print('| File | Mutants | Killed | Timed out | Unnoticed | Score |\n|---|---|---|---|---|---|')
for (const [path, { mutants }] of files) print(row(`\`${path}\``, mutants))
print(
  row(
    '**together**',
    files.flatMap(([, { mutants }]) => mutants),
  ),
)

for (const [path, { source, mutants }] of files) {
  const lines = source.split('\n')
  for (const mutant of mutants) {
    if (!UNNOTICED.has(mutant.status)) continue
    print(`- \`${path}:${mutant.location.start.line}\` ${change(lines, mutant)}`)
  }
}

function row(name: string, mutants: readonly Mutant[]): string {
  const count = (status: string) => mutants.filter((mutant) => mutant.status === status).length
  const noticed = mutants.filter(({ status }) => NOTICED.has(status)).length
  const unnoticed = mutants.filter(({ status }) => UNNOTICED.has(status)).length
  const judged = noticed + unnoticed
  const score = judged === 0 ? '–' : `${((100 * noticed) / judged).toFixed(1)} %`
  return `| ${name} | ${judged} | ${count('Killed')} | ${count('Timeout')} | ${unnoticed} | ${score} |`
}

/** What was put in place of what, each on one line. */
function change(
  lines: readonly string[],
  { location: { start, end }, replacement = '', status }: Mutant,
): string {
  const taken = lines.slice(start.line - 1, end.line)
  taken[taken.length - 1] = taken.at(-1)!.slice(0, end.column - 1)
  taken[0] = taken[0]!.slice(start.column - 1)
  const suffix = status === 'NoCoverage' ? ' (no test runs it)' : ''
  return `\`${oneLine(taken.join(' '))}\` → \`${oneLine(replacement)}\`${suffix}`
}

function oneLine(code: string): string {
  const line = code.replaceAll(/\s+/g, ' ').trim()
  return line.length > 90 ? `${line.slice(0, 89)}…` : line
}

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}
