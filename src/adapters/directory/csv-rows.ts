import { CsvError, parse } from 'csv-parse/sync'
import type { TextLine } from './text-lines.ts'

/** Cells of one record, or why there are none. `line` is where it begins. */
export type CsvRow =
  | { readonly line: number; readonly cells: readonly string[] }
  | { readonly line: number; readonly damage: string }

/** A quoted cell may hold line ends, but hardly more than these. */
const LINES_PER_RECORD = 20

/**
 * Reads CSV records (RFC 4180) of one width, line by line. What stands between cells is found in the first, the header. A
 * quote that is never closed would swallow the rest of the file; here it costs its own line only, since what follows is
 * tried again line by line.
 */
export async function* csvRows(lines: AsyncIterable<TextLine>): AsyncGenerator<CsvRow> {
  let open: TextLine[] = []
  let form: Form | undefined
  for await (const line of lines) {
    open.push(line)
    while (open.length > 0) {
      if (isBlank(open[0]!)) {
        open = open.slice(1)
        continue
      }
      const told = form === undefined ? SEPARATOR_TOLD.exec(open[0]!.text ?? '')?.[1] : undefined
      if (told !== undefined) {
        form = { delimiter: told }
        open = open.slice(1)
        continue
      }
      form ??= { delimiter: delimiterOf(open[0]!.text ?? '') }
      const step = advance(open, form)
      if (step === 'wants-more') break
      yield step.row
      if ('cells' in step.row) form = { columns: step.row.cells.length, ...form }
      open = open.slice(step.used)
    }
  }
  for (const line of open) {
    if (!isBlank(line))
      yield attempt([line], form ?? { delimiter: ',' }) ?? { line: line.number, damage: UNCLOSED }
  }
}

interface Form {
  readonly delimiter: string
  readonly columns?: number
}

const DELIMITERS = [',', ';', '\t', '|']
/** How Excel tells what stands between cells, in a line before the header. */
const SEPARATOR_TOLD = /^\uFEFF?sep=(.)$/i

/** That which makes the most cells of the header. */
function delimiterOf(header: string): string {
  const cells = (delimiter: string) => {
    const row = attempt([{ number: 1, text: header }], { delimiter })
    return row !== undefined && 'cells' in row ? row.cells.length : header.split(delimiter).length
  }
  return DELIMITERS.reduce((best, each) => (cells(each) > cells(best) ? each : best))
}

const UNCLOSED = 'a quote is never closed'
const NO_TEXT = 'not text'

/** Inside a quoted cell a blank line belongs to it; between records it is nothing. */
function isBlank(line: TextLine): boolean {
  return line.text?.trim() === ''
}

type Step = { readonly row: CsvRow; readonly used: number } | 'wants-more'

/** Takes a record from the lines read so far, or gives up its first line. */
function advance(lines: readonly TextLine[], form: Form): Step {
  const [first] = lines as [TextLine]
  if (first.text === undefined) return { row: { line: first.number, damage: NO_TEXT }, used: 1 }
  for (let used = 1; used <= lines.length; used++) {
    const row = attempt(lines.slice(0, used), form)
    if (row === undefined) continue
    if ('cells' in row || used === 1) return { row, used }
    // Lines that only a stray quote held together: they are no record, and may be good ones by themselves.
    return { row: { line: first.number, damage: UNCLOSED }, used: 1 }
  }
  return lines.length < LINES_PER_RECORD
    ? 'wants-more'
    : { row: { line: first.number, damage: UNCLOSED }, used: 1 }
}

/** Undefined while a quote is open. */
function attempt(lines: readonly TextLine[], { delimiter, columns }: Form): CsvRow | undefined {
  const { number: line } = lines[0]!
  if (lines.some(({ text }) => text === undefined)) return { line, damage: NO_TEXT }
  const text = lines.map((each) => each.text).join('\n')
  if ((text.match(/"/g)?.length ?? 0) % 2 === 1) return undefined
  try {
    const options = { bom: true, delimiter, record_delimiter: '\n', relax_column_count: true } as const
    const [cells = []] = parse(text, options) as string[][]
    if (columns === undefined || cells.length === columns) return { line, cells }
    // More delimiters at the end of a line than its header has say nothing.
    if (cells.length > columns && cells.slice(columns).every((cell) => cell.trim() === '')) {
      return { line, cells: cells.slice(0, columns) }
    }
    return { line, damage: `${cells.length} columns where ${columns} were expected` }
  } catch (error) {
    // Of any width, only quotes can be wrong. The parser's own message counts lines from this record.
    if (error instanceof CsvError) return { line, damage: 'a quote in the wrong place' }
    throw error
  }
}
