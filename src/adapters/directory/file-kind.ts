import { fileTypeFromBuffer } from 'file-type'

/** What people call files that are no text, by the name that `file-type` has for them. */
const NAMES: Readonly<Record<string, string>> = {
  xlsx: 'an Excel workbook. Save it as CSV, and import that',
  xlsm: 'an Excel workbook. Save it as CSV, and import that',
  cfb: 'an old Excel workbook, or another of the old Office files. Save it as CSV, and import that',
  ods: 'an OpenDocument spreadsheet. Save it as CSV, and import that',
  gz: 'packed with gzip. Unpack it first: gunzip -c FILE | npm run import -- -',
  zip: 'a ZIP archive, or an Excel workbook. Unpack it, or save it as CSV',
  bz2: 'packed with bzip2. Unpack it first',
  xz: 'packed with xz. Unpack it first',
  zst: 'packed with Zstandard. Unpack it first',
}

/** But for the blanks. */
function isControl(byte: number): boolean {
  return byte < 0x09 || (byte > 0x0d && byte < 0x20)
}

const MARKUP: readonly (readonly [RegExp, string])[] = [
  [
    /^<(!doctype html|html|head|body|table|script|div|meta)\b/i,
    'a page of HTML, as a server sends it with an error or a form. Look at it in a browser',
  ],
  [/^%PDF-/, 'a PDF'],
  [/^<!--/, 'HTML or XML'],
  [/^<(\?xml|[a-z][\w:.-]*[\s/>])/i, 'XML'],
]

/** What a file is that is neither a table nor GeoJSON, by its first bytes; undefined for what may be one. */
export async function foreignKind(sample: Uint8Array, text: string): Promise<string | undefined> {
  const start = text.replace(/^\uFEFF/, '').trimStart()
  const markup = MARKUP.find(([begins]) => begins.test(start))
  if (markup !== undefined) return markup[1]
  // What is text may begin as something else does: `BM` is a bitmap, and a column.
  if (!sample.some(isControl)) return undefined
  const type = await fileTypeFromBuffer(sample).catch(() => undefined)
  if (type === undefined || /^text\/|json/.test(type.mime)) return undefined
  return NAMES[type.ext] ?? `of the type ${type.mime}`
}
