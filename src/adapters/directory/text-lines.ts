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
