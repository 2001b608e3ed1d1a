import { CsvError, parse } from 'csv-parse/sync'

/** Cells of one record, or why there are none. `line` is where it begins. */
export type CsvRow =
  | { readonly line: number; readonly cells: readonly string[] }
  | { readonly line: number; readonly damage: string }

/** A quoted cell may hold line ends, but hardly more than these. */
const LINES_PER_RECORD = 20

/**
 * Reads CSV records (RFC 4180) of one width, line by line. A quote that is never closed would swallow the rest of the
 * file; here it costs its own line only, since what follows is tried again line by line.
 */
export async function* csvRows(lines: AsyncIterable<TextLine>, width?: number): AsyncGenerator<CsvRow> {
  let open: TextLine[] = []
  let columns = width
  for await (const line of lines) {
    open.push(line)
    while (open.length > 0) {
      if (isBlank(open[0]!)) {
        open = open.slice(1)
        continue
      }
      const step = advance(open, columns)
      if (step === 'wants-more') break
      yield step.row
      if ('cells' in step.row) columns ??= step.row.cells.length
      open = open.slice(step.used)
    }
  }
  for (const line of open) {
    if (!isBlank(line)) yield attempt([line], columns) ?? { line: line.number, damage: UNCLOSED }
  }
}

const UNCLOSED = 'a quote is never closed'

/** Inside a quoted cell a blank line belongs to it; between records it is nothing. */
function isBlank(line: TextLine): boolean {
  return line.text?.trim() === ''
}

type Step = { readonly row: CsvRow; readonly used: number } | 'wants-more'

/** Takes a record from the lines read so far, or gives up its first line. */
function advance(lines: readonly TextLine[], columns: number | undefined): Step {
  const [first] = lines as [TextLine]
  if (first.text === undefined) return { row: { line: first.number, damage: 'not UTF-8 text' }, used: 1 }
  for (let used = 1; used <= lines.length; used++) {
    const row = attempt(lines.slice(0, used), columns)
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
function attempt(lines: readonly TextLine[], columns: number | undefined): CsvRow | undefined {
  const { number: line } = lines[0]!
  if (lines.some(({ text }) => text === undefined)) return { line, damage: 'not UTF-8 text' }
  const text = lines.map((each) => each.text).join('\n')
  if ((text.match(/"/g)?.length ?? 0) % 2 === 1) return undefined
  try {
    const records = parse(text, { relax_column_count: true, skip_empty_lines: false }) as string[][]
    // A lone carriage return ends a record too; taking the first one only would lose the others without a word.
    if (records.length > 1) return { line, damage: 'a carriage return within the line' }
    const [cells = []] = records
    if (columns === undefined || cells.length === columns) return { line, cells }
    return { line, damage: `${cells.length} columns where ${columns} were expected` }
  } catch (error) {
    // Of any width, only quotes can be wrong. The parser's own message counts lines from this record.
    if (error instanceof CsvError) return { line, damage: 'a quote in the wrong place' }
    throw error
  }
}

const NEWLINE = 0x0a
/** Longer lines are no text: a damaged file must not fill the memory. In bytes. */
const LONGEST_LINE = 256 * 1024

/** A line of a file: its number from 1, and its text without the line end; undefined where it is not UTF-8 text. */
export interface TextLine {
  readonly number: number
  readonly text: string | undefined
}

/** Splits bytes into lines. What is not text is a line without text, and the lines after it are whole again. */
export async function* textLines(bytes: AsyncIterable<Uint8Array | string>): AsyncGenerator<TextLine> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let number = 1
  let rest = Buffer.alloc(0)
  let tooLong = false
  for await (const chunk of bytes) {
    rest = Buffer.concat([rest, Buffer.from(chunk as Uint8Array)])
    for (let end = rest.indexOf(NEWLINE); end >= 0; end = rest.indexOf(NEWLINE)) {
      yield { number, text: tooLong ? undefined : decode(decoder, rest.subarray(0, end)) }
      rest = rest.subarray(end + 1)
      tooLong = false
      number += 1
    }
    if (rest.length > LONGEST_LINE) {
      rest = Buffer.alloc(0)
      tooLong = true
    }
  }
  if (rest.length > 0 || tooLong) yield { number, text: tooLong ? undefined : decode(decoder, rest) }
}

function decode(decoder: TextDecoder, bytes: Uint8Array): string | undefined {
  try {
    const text = decoder.decode(bytes).replace(/\r$/, '')
    return text.includes('\0') ? undefined : text
  } catch {
    return undefined
  }
}
