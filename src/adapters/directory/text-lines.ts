const LF = 0x0a
const CR = 0x0d
/** Longer lines are no text: a damaged file must not fill the memory. In bytes. */
const LONGEST_LINE = 256 * 1024

/** A line of a file: its number from 1, and its text without the line end; undefined where it is no text. */
export interface TextLine {
  readonly number: number
  readonly text: string | undefined
}

type Bytes = AsyncIterable<Uint8Array | string>

/**
 * Splits bytes into lines, which end with LF, CR or CRLF. They are UTF-8; a line that is not is Windows-1252, as
 * spreadsheets save it, and `oldEncoding` is told its number. A line with a NUL in it is no text, and those after it are whole again.
 */
export async function* textLines(
  bytes: Bytes,
  oldEncoding: (line: number) => void = () => undefined,
): AsyncGenerator<TextLine> {
  let number = 1
  let rest: Uint8Array[] = []
  let length = 0
  let afterCr = false
  const take = (end: Uint8Array): TextLine => {
    const line = decode(Buffer.concat([...rest, end]), () => oldEncoding(number))
    const text = length + end.length > LONGEST_LINE ? undefined : line
    rest = []
    length = 0
    return { number: number++, text }
  }
  for await (const piece of bytes) {
    const chunk = typeof piece === 'string' ? Buffer.from(piece) : piece
    let start = 0
    for (let i = 0; i < chunk.length; i++) {
      const byte = chunk[i]
      if (byte === LF && afterCr) start = i + 1
      else if (byte === LF || byte === CR) {
        yield take(chunk.subarray(start, i))
        start = i + 1
      }
      afterCr = byte === CR
    }
    // Of what is too long, only that it is is kept.
    if (length <= LONGEST_LINE) rest.push(chunk.subarray(start))
    length += chunk.length - start
  }
  if (length > 0) yield take(new Uint8Array())
}

const utf8 = new TextDecoder('utf-8', { fatal: true })
const windows1252 = new TextDecoder('windows-1252')

function decode(line: Uint8Array, isOld: () => void): string | undefined {
  if (line.includes(0)) return undefined
  try {
    return utf8.decode(line)
  } catch {
    isOld()
    return windows1252.decode(line)
  }
}

/** How the bytes of a file encode text, by its beginning. Without a byte order mark, UTF-16 has a NUL beside each Latin letter. */
export function encodingOf(sample: Uint8Array): 'utf-8' | 'utf-16le' | 'utf-16be' {
  const [first, second] = sample
  if (first === 0xff && second === 0xfe) return 'utf-16le'
  if (first === 0xfe && second === 0xff) return 'utf-16be'
  const nuls = [0, 0]
  for (let i = 0; i < sample.length; i++) if (sample[i] === 0) nuls[i % 2]! += 1
  const [even, odd] = nuls as [number, number]
  if (odd > sample.length / 4 && even < odd / 10) return 'utf-16le'
  if (even > sample.length / 4 && odd < even / 10) return 'utf-16be'
  return 'utf-8'
}

/** UTF-16 as UTF-8; all else as it is. */
export async function* asUtf8(bytes: Bytes, encoding: ReturnType<typeof encodingOf>): Bytes {
  if (encoding === 'utf-8') {
    yield* bytes
    return
  }
  const decoder = new TextDecoder(encoding)
  for await (const chunk of bytes) yield decoder.decode(Buffer.from(chunk as Uint8Array), { stream: true })
  yield decoder.decode()
}
