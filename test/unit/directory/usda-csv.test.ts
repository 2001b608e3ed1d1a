import { createReadStream, existsSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type DirectoryRow, readUsdaDirectory } from '../../../src/adapters/directory/usda-csv.ts'

const HEADER = 'FMID,MarketName,street,city,State,zip,Season1Date,Season1Time,Eggs,Honey'
const good = (id: number, name = `Market ${id}`, city = 'Danville') => `${id},${name},,${city},Vermont,,,,Y,N`

/** Reads text or bytes, handed over in small pieces as a stream does. */
async function rowsOf(input: string | Buffer, piece = 7): Promise<DirectoryRow[]> {
  const bytes = Buffer.from(input)
  async function* pieces(): AsyncGenerator<Uint8Array> {
    for (let i = 0; i < bytes.length; i += piece) yield bytes.subarray(i, i + piece)
  }
  return Array.fromAsync(readUsdaDirectory(pieces()))
}

const names = (rows: DirectoryRow[]) =>
  rows.flatMap((row) => (row.kind === 'market' ? [row.market.name] : []))
const skipped = (rows: DirectoryRow[]) =>
  rows.flatMap((row) => (row.kind === 'skipped' ? [[row.line, row.reason]] : []))

describe('the USDA directory', () => {
  it('trims, folds blanks and keeps quotes as they are', async () => {
    const row = `7,"  Carter  County Farmers’ Market, Inc ",12 Main St ," GRAYSON ",Kentucky,41143,07/04/2020 to 10/03/2020,Sat: 9:00 AM-12:00 PM;,Y,N,-82.94,38.33,https://carter.example`
    expect(await rowsOf(`${HEADER},x,y,Website\n${row}\n`)).toEqual([
      {
        kind: 'market',
        line: 2,
        market: {
          directoryId: '7',
          name: 'Carter County Farmers’ Market, Inc',
          city: 'GRAYSON',
          street: '12 Main St',
          region: 'Kentucky',
          postcode: '41143',
          country: 'US',
          latitude: 38.33,
          longitude: -82.94,
          website: 'https://carter.example',
          description: 'Open Sat 9:00 AM-12:00 PM (07/04/2020 to 10/03/2020). Sells eggs.',
        },
      },
    ])
  })

  it('takes a byte order mark, CRLF and a last line without an end', async () => {
    expect(names(await rowsOf(`\uFEFF${HEADER}\r\n${good(1)}\r\n${good(2)}`))).toEqual([
      'Market 1',
      'Market 2',
    ])
  })

  it('passes over blank lines, and counts them', async () => {
    const rows = await rowsOf(`${HEADER}\r\n\r\n${good(1)}\n\n  \n${good(2, '')}\n\n`)
    expect(names(rows)).toEqual(['Market 1'])
    expect(skipped(rows)).toEqual([[6, 'MarketName is empty']])
  })

  it('cuts a long description between characters: half of one could not be stored', async () => {
    for (const times of ['x', 'xx'].map((start) => start + '🍎'.repeat(1500))) {
      const [row] = await rowsOf(`${HEADER}\n7,A,,B,,,,${times},Y,N`, 1000)
      const description = row?.kind === 'market' ? row.market.description : ''
      expect(description.length).toBeGreaterThanOrEqual(1999)
      expect(description.length).toBeLessThanOrEqual(2000)
      expect(description.isWellFormed()).toBe(true)
    }
  })

  it('leaves out of the place what a market cannot have', async () => {
    const rows = [
      `1,A,${'x'.repeat(201)},B,${'y'.repeat(121)},123456789012345678901,,,Y,N,-181,38,javascript:alert(1)`,
      '2,A,,B,,,,,Y,N,-82.94,,www.example.org',
      '3,A,,B,,,,,Y,N,west,north,http://',
    ]
    for (const row of await rowsOf([`${HEADER},x,y,Website`, ...rows].join('\n'))) {
      const nothing = { street: '', region: '', postcode: '', latitude: null, longitude: null, website: '' }
      expect(row).toMatchObject({ kind: 'market', market: nothing })
    }
  })

  it('says by line what is missing', async () => {
    const rows = await rowsOf(
      [HEADER, good(1, ' '), good(2, 'A', ''), 'x,A,,B,,,,,Y,N', good(3), good(3)].join('\n'),
    )
    expect(skipped(rows)).toEqual([
      [2, 'MarketName is empty'],
      [3, 'city is empty'],
      [4, 'FMID "x" is not a number'],
      [6, 'FMID 3 is already on line 5'],
    ])
  })

  it('refuses a file without the columns it needs, and names them', async () => {
    await expect(rowsOf('FMID,Name\n1,x\n')).rejects.toMatchObject({
      code: 'validation-failed',
      errors: [{ path: 'MarketName' }, { path: 'city' }],
    })
    await expect(rowsOf('')).rejects.toMatchObject({ code: 'validation-failed' })
  })

  it.each([
    ['UTF-16', Buffer.from(`\uFEFF${HEADER}\n${good(1)}\n`, 'utf16le'), 'not UTF-8 text'],
    ['lines that end in CR alone', `${HEADER}\r${good(1)}\r`, 'a carriage return within the line'],
    ['nothing', '', 'the file is empty'],
  ])('refuses %s, and says why', async (_, file, reason) => {
    await expect(rowsOf(file)).rejects.toThrow(
      `This is not the USDA National Farmers Market Directory: ${reason}`,
    )
  })

  it('reads a cell that spans lines', async () => {
    expect(names(await rowsOf(`${HEADER}\n${good(1, '"Two\nlines"')}\n${good(2)}`))).toEqual([
      'Two lines',
      'Market 2',
    ])
  })

  it.each([
    ['a quote that is never closed', '9,"Broken,,Danville,Vermont,,,,Y,N', 'a quote is never closed'],
    ['too few columns', '9,Broken', '2 columns where 10 were expected'],
    ['bytes that are no text', Buffer.from([0x39, 0x2c, 0xff, 0xfe, 0x00]), 'not UTF-8 text'],
    ['a quote in the wrong place', '9,Bro"ken" it,,D,V,,,,Y,N', 'a quote in the wrong place'],
    ['a lone carriage return', `${good(8)}\r${good(9)}`, 'a carriage return within the line'],
  ])('loses one line to %s, and nothing else', async (_, damage, reason) => {
    const before = [1, 2, 3].map((id) => good(id)).join('\n')
    const after = Array.from({ length: 40 }, (_, i) => good(10 + i)).join('\n')
    const rows = await rowsOf(
      Buffer.concat([`${HEADER}\n${before}\n`, damage, `\n${after}\n`].map((part) => Buffer.from(part))),
    )
    expect(names(rows)).toHaveLength(43)
    expect(skipped(rows)).toEqual([[5, reason]])
  })

  it('never throws on bytes after a good header', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 300 }),
        fc.integer({ min: 1, max: 50 }),
        async (noise, piece) => {
          const rows = await rowsOf(Buffer.concat([Buffer.from(`${HEADER}\n${good(1)}\n`), noise]), piece)
          expect(names(rows)[0]).toBe('Market 1')
        },
      ),
    )
  })

  it('accounts once for every line with something in it', async () => {
    const text = fc.string({ unit: fc.constantFrom('a', '1', ',', ' ', '\t', '\r', '\n'), maxLength: 60 })
    await fc.assert(
      fc.asyncProperty(text, fc.integer({ min: 1, max: 20 }), async (noise, piece) => {
        const rows = await rowsOf(`${HEADER}\n${good(1)}\n${noise}`, piece)
        const told = rows.map((row) => row.line)
        expect(new Set(told).size).toBe(told.length)
        const filled = noise.split('\n').flatMap((line, i) => (/[a1]/.test(line) ? [i + 3] : []))
        expect(told).toEqual(expect.arrayContaining(filled))
      }),
    )
  })

  const real = new URL('../../../../shared/data/usda-farmers-markets.csv', import.meta.url)
  it.runIf(existsSync(real))('reads the real one', async () => {
    const rows = await Array.fromAsync(readUsdaDirectory(createReadStream(real)))
    expect(rows).toHaveLength(1679)
    expect(skipped(rows)).toEqual([[694, 'city is empty']])
  })
})
