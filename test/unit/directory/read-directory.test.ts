import { createReadStream, existsSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { DirectoryRow } from '../../../src/adapters/directory/market-of-row.ts'
import { type Profile, profile } from '../../../src/adapters/directory/profile.ts'
import { readDirectory } from '../../../src/adapters/directory/read-directory.ts'

const HEADER = 'FMID,MarketName,street,city,State,zip,Season1Date,Season1Time,Eggs,Honey'
const good = (id: number, name = `Market ${id}`, city = 'Danville') => `${id},${name},,${city},Vermont,,,,Y,N`

/** Text or bytes, handed over in small pieces as a stream does. */
async function* pieces(input: string | Buffer, piece: number): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(input)
  for (let i = 0; i < bytes.length; i += piece) yield bytes.subarray(i, i + piece)
}

async function read(input: string | Buffer, piece = 7, chosen?: Profile) {
  const directory = await readDirectory(pieces(input, piece), chosen)
  return { ...directory, rows: await Array.fromAsync(directory.rows), notes: directory.notes() }
}

const rowsOf = async (input: string | Buffer, piece?: number) => (await read(input, piece)).rows
const markets = (rows: DirectoryRow[]) => rows.flatMap((row) => (row.kind === 'market' ? [row.market] : []))
const names = (rows: DirectoryRow[]) => markets(rows).map(({ name }) => name)
const skipped = (rows: DirectoryRow[]) =>
  rows.flatMap((row) => (row.kind === 'skipped' ? [[row.line, row.reason]] : []))

describe('a row of the USDA directory', () => {
  it('is a place, hours, products and payment: trimmed, with its quotes as they are', async () => {
    const header = `${HEADER},x,y,Website,Credit,updateTime`
    const row = `7,"  Carter  County Farmers’ Market, Inc ",12 Main St ," GRAYSON ",Kentucky,41143,07/04/2020 to 10/03/2020,Sat: 9:00 AM-12:00 PM;,Y,N,-82.94,38.33,WWW.Carter.example/market,Y,8/3/2020 3:23:12 PM`
    expect(await rowsOf(`${header}\n${row}\n`)).toEqual([
      {
        kind: 'market',
        line: 2,
        market: {
          directoryId: '7',
          name: 'Carter County Farmers’ Market, Inc',
          street: '12 Main St',
          city: 'GRAYSON',
          region: 'KY',
          postcode: '41143',
          country: 'US',
          latitude: 38.33,
          longitude: -82.94,
          timeZone: 'America/New_York',
          website: 'http://www.carter.example/market',
          description: '',
          listing: {
            listedBy: 'USDA National Farmers Market Directory',
            updatedOn: '2020-08-03',
            hours: [
              {
                from: '2020-07-04',
                to: '2020-10-03',
                weekly: [{ weekday: 'saturday', opens: '09:00', closes: '12:00' }],
                words: null,
              },
            ],
            products: ['eggs'],
            payment: ['credit cards'],
          },
        },
      },
    ])
  })

  it('is said by line where it lacks something, and with its id where it tells that', async () => {
    const rows = await rowsOf(
      [HEADER, good(1, ' '), good(2, 'A', ''), 'x,A,,B,,,,,Y,N', ',A,,B,,,,,Y,N', good(3)].join('\n'),
    )
    expect(skipped(rows)).toEqual([
      [2, 'MarketName is empty'],
      [3, 'city is empty'],
      [4, 'FMID "x" is not a number'],
      [5, 'FMID is empty'],
    ])
    expect(rows.slice(0, 2)).toMatchObject([{ id: '1' }, { id: '2' }])
  })

  it('may have no city where it has a point on the map; 0, 0 is none', async () => {
    const header = 'FMID,MarketName,city,x,y'
    const rows = await rowsOf(`${header}\n1,A,,-82.94,38.33\n2,B,,0,0\n3,C,Boise,x,91\n`)
    expect(names(rows)).toEqual(['A', 'C'])
    expect(markets(rows)[1]).toMatchObject({ latitude: null, longitude: null, timeZone: '' })
  })
})

describe('a file', () => {
  it.each([
    ['a byte order mark and CRLF', `\uFEFF${HEADER}\r\n${good(1)}\r\n${good(2)}`],
    ['lines that end in CR alone', `${HEADER}\r${good(1)}\r${good(2)}\r`],
    ['a first column that begins as a bitmap does', `BM_note,${HEADER}\nx,${good(1)}\ny,${good(2)}`],
    ['semicolons', `${HEADER}\n${good(1)}\n${good(2)}`.replaceAll(',', ';')],
    ['tabs', `${HEADER}\n${good(1)}\n${good(2)}`.replaceAll(',', '\t')],
    [
      'a line that tells the delimiter',
      `sep=;\r\n${`${HEADER}\r\n${good(1)}\r\n${good(2)}`.replaceAll(',', ';')}`,
    ],
    ['more commas than its header has columns', `${HEADER}\n${good(1)},,\n${good(2)}`],
    [
      'a header in another case, with blanks and underscores',
      `fmid,MARKET NAME,street,City,state,zip,SEASON1_DATE,Season 1 Time,eggs,honey\n${good(1)}\n${good(2)}`,
    ],
    ['UTF-16 with a mark', Buffer.from(`\uFEFF${HEADER}\r\n${good(1)}\r\n${good(2)}`, 'utf16le')],
    ['UTF-16 without one', Buffer.from(`${HEADER}\n${good(1)}\n${good(2)}\n`, 'utf16le')],
    [
      'UTF-16, the other way round',
      Buffer.from(`\uFEFF${HEADER}\n${good(1)}\n${good(2)}\n`, 'utf16le').swap16(),
    ],
  ])('may have %s', async (_, file) => {
    for (const piece of [1, 7, 5000]) {
      const rows = await rowsOf(file, piece)
      expect(names(rows)).toEqual(['Market 1', 'Market 2'])
      expect(markets(rows)[0]?.listing.products).toEqual(['eggs'])
    }
  })

  it('that is Windows-1252 is read as that, which is noted once', async () => {
    const file = Buffer.from(
      `${HEADER}\n${good(1, 'Caf\xe9')}\n${good(2)}\n${good(3, 'Farmer\x92s')}\n`,
      'latin1',
    )
    const { rows, notes } = await read(file)
    expect(names(rows)).toEqual(['Café', 'Market 2', 'Farmer’s'])
    expect(notes).toEqual(['2 lines are not UTF-8, and were read as Windows-1252, the first of them line 2.'])
    expect((await read(`${HEADER}\n${good(1, 'Café')}\n`)).notes).toEqual([])
  })

  it('passes over blank lines, and counts them', async () => {
    const rows = await rowsOf(`${HEADER}\r\n\r\n${good(1)}\n\n  \n${good(2, '')}\n\n`)
    expect(names(rows)).toEqual(['Market 1'])
    expect(skipped(rows)).toEqual([[6, 'MarketName is empty']])
  })

  it('may have cells that span lines', async () => {
    expect(names(await rowsOf(`${HEADER}\n${good(1, '"Two\nlines"')}\n${good(2)}`))).toEqual([
      'Two lines',
      'Market 2',
    ])
  })

  it('that lacks the columns of a directory is refused: they are named, and its first line is shown', async () => {
    await expect(rowsOf('FMID,Name\n1,x\n')).rejects.toMatchObject({
      code: 'validation-failed',
      message: expect.stringContaining('It begins: FMID,Name'),
      errors: [{ path: 'MarketName' }, { path: 'city' }],
    })
  })

  it.each([
    ['nothing', '', 'The file is empty'],
    ['blanks', ' \n\n', 'The file is empty'],
    ['gzip', gzipSync(HEADER), 'packed with gzip'],
    ['an old Excel workbook', Buffer.from('d0cf11e0a1b11ae1', 'hex'), 'Excel workbook'],
    ['a ZIP archive', Buffer.from('504b0304140000000800', 'hex'), 'ZIP archive, or an Excel workbook'],
    ['a PDF', '%PDF-1.7\n', 'a PDF'],
    ['HTML', '\n <!DOCTYPE html><html><body>404</body></html>', 'a page of HTML'],
    ['XML', '<?xml version="1.0"?><markets/>', 'It is XML'],
    [
      'JSON that is cut off',
      '{"type":"FeatureCollection","features":[{"type":',
      'no GeoJSON that can be read',
    ],
    ['JSON of another kind', '{"markets": 3}', 'expected a FeatureCollection'],
  ])('that is %s is refused, and says so', async (_, file, reason) => {
    await expect(rowsOf(file)).rejects.toThrow(reason)
  })

  it.each([
    ['a quote that is never closed', '9,"Broken,,Danville,Vermont,,,,Y,N', 'a quote is never closed'],
    ['too few columns', '9,Broken', '2 columns where 10 were expected'],
    ['bytes that are no text', Buffer.from([0x39, 0x2c, 0xff, 0xfe, 0x00]), 'not text'],
    ['a quote in the wrong place', '9,Bro"ken" it,,D,V,,,,Y,N', 'a quote in the wrong place'],
    ['a line that is too long', `9,${'x'.repeat(300_000)}`, 'not text'],
  ])('loses one line to %s, and nothing else', async (_, damage, reason) => {
    const before = [1, 2, 3].map((id) => good(id)).join('\n')
    const after = Array.from({ length: 40 }, (_, i) => good(10 + i)).join('\n')
    const file = Buffer.concat(
      [`${HEADER}\n${before}\n`, damage, `\n${after}\n`].map((part) => Buffer.from(part)),
    )
    const rows = await rowsOf(file, 1000)
    expect(names(rows)).toHaveLength(43)
    expect(skipped(rows)).toEqual([[5, reason]])
  })

  it('never throws on bytes after a good header', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 300 }),
        fc.integer({ min: 1, max: 50 }),
        async (noise, piece) => {
          // A NUL here and there is damage; many make it UTF-16.
          const start = Buffer.from(`${HEADER}\n${good(1)}\n${'\n'.repeat(1000)}`)
          const rows = await rowsOf(Buffer.concat([start, noise]), piece)
          expect(names(rows)[0]).toBe('Market 1')
        },
      ),
    )
  })

  it('accounts once for every line with something in it', async () => {
    const text = fc.string({ unit: fc.constantFrom('a', '1', ',', ' ', '\t', '\n'), maxLength: 60 })
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
})

describe('other directories', () => {
  it('the Local Food Portal has an address to be taken apart', async () => {
    const header = 'listing_id,update_time,listing_name,location_address,location_x,location_y'
    const at = (address: string) => `9,3/20/2023 22:50,A,"${address}",-85.6,31.7`
    const placed = async (address: string) => {
      const [market] = markets(await rowsOf(`${header}\n${at(address)}\n`))
      return [market?.street, market?.city, market?.region, market?.postcode, market?.description]
    }
    expect(await placed('21 College St., Clio, AL 36311')).toEqual([
      '21 College St.',
      'Clio',
      'AL',
      '36311',
      '',
    ])
    expect(await placed('431 Fair Street Atlanta, GA 30313')).toEqual([
      '431 Fair Street',
      'Atlanta',
      'GA',
      '30313',
      '',
    ])
    expect(await placed('500 Main St St. Paul, MN 55102')).toEqual([
      '500 Main St',
      'St. Paul',
      'MN',
      '55102',
      '',
    ])
    expect(await placed('10052 Highway 27 North, Rock Spring, Georgia 30739-1234, US')).toEqual([
      '10052 Highway 27 North',
      'Rock Spring',
      'GA',
      '30739-1234',
      '',
    ])
    expect(await placed('Sierra Vista AZ 85635, US')).toEqual(['', 'Sierra Vista', 'AZ', '85635', ''])
    expect(await placed('234 E Michigan Ave, Deland FL 32723 Behind the hall')).toEqual([
      '234 E Michigan Ave',
      'Deland',
      'FL',
      '32723',
      'Behind the hall',
    ])
  })

  it('New York State has no ids: a market is known again by name, street and city, whatever its hours', async () => {
    const header =
      'County,Market Name,Address Line 1,City,State,Zip,Operation Hours,Operation Season,FMNP,EBT/SNAP'
    const row = (hours: string, name = 'A') =>
      `Albany,${name},1 Main St,Albany,NY,12207,${hours},May 7-December 17,Y,N`
    const rows = await rowsOf(
      `${header}\n${row('Saturday  9am-1pm')}\n${row('Sun 9am-1pm')}\n${row('Daily', 'B')}\n`,
    )
    const [first, again, other] = markets(rows)
    expect(again?.directoryId).toBe(first?.directoryId)
    expect(other?.directoryId).not.toBe(first?.directoryId)
    expect(first?.listing).toMatchObject({
      hours: [
        {
          from: '--05-07',
          to: '--12-17',
          weekly: [{ weekday: 'saturday', opens: '09:00', closes: '13:00' }],
          words: null,
        },
      ],
      payment: ['Farmers’ Market Nutrition Program'],
    })
    expect(other?.listing.hours).toMatchObject([{ weekly: [], words: 'Daily; May 7-December 17' }])
  })

  it('New York State has told the point on the map in three ways', async () => {
    const header = 'Market Name,City,Operation Hours,Latitude,Longitude,Location Points,Georeference'
    const rows = ['42.7,-74.1,,', ',,"(42.7, -74.1)",', ',,,POINT (-74.1 42.7)'].map(
      (point) => `A,Albany,,${point}`,
    )
    for (const row of rows)
      expect(markets(await rowsOf(`${header}\n${row}\n`))).toMatchObject([
        { latitude: 42.7, longitude: -74.1 },
      ])
  })

  const feature = (properties: object, coordinates = [10, 53.5]) => ({
    type: 'Feature',
    properties,
    geometry: { type: 'Point', coordinates },
  })
  const collection = (...features: object[]) => JSON.stringify({ type: 'FeatureCollection', features })
  const hoursIn = async (opening_hours: string) =>
    markets(await rowsOf(collection(feature({ name: 'A', opening_hours }))))[0]?.listing.hours

  it('GeoJSON has points, and addresses as they are written there', async () => {
    const rows = await rowsOf(
      collection(
        feature({ title: 'Wochenmarkt', location: 'Lindenplatz, 20535 Hamburg' }),
        feature({
          name: 'Marché',
          'addr:street': 'Rue du Marché',
          'addr:housenumber': 12,
          'addr:city': 'Nantes',
        }),
        { type: 'Feature', properties: { title: 'Ohne Ort' }, geometry: null },
        feature({ name: 'Falsche Zeiten', location: 'Hamburg' }),
      ),
    )
    expect(markets(rows)).toMatchObject([
      {
        name: 'Wochenmarkt',
        street: 'Lindenplatz',
        city: 'Hamburg',
        postcode: '20535',
        timeZone: 'Europe/Berlin',
      },
      { name: 'Marché', street: 'Rue du Marché 12', city: 'Nantes', latitude: 53.5, longitude: 10 },
      // Another market of the file says that this is a city.
      { name: 'Falsche Zeiten', street: '', city: 'Hamburg' },
    ])
    expect(skipped(rows)).toEqual([[3, 'it tells neither a city nor a point on the map']])
  })

  it('opening_hours are seasons where they are the same every week, and else stay in their words', async () => {
    const saturday = (opens: string, closes: string) => [{ weekday: 'saturday', opens, closes }]
    expect(await hoursIn('Apr-Oct: Sa 07:00-13:00; Nov-Mar: Sa 08:00-12:30')).toEqual([
      { from: '--04', to: '--10', weekly: saturday('07:00', '13:00'), words: null },
      { from: '--11', to: '--03', weekly: saturday('08:00', '12:30'), words: null },
    ])
    expect(await hoursIn('Sa 08:00-13:00; PH off')).toEqual([
      { from: '--01', to: '--12', weekly: saturday('08:00', '13:00'), words: null },
    ])
    expect(await hoursIn('Tu,Th 08:00-13:00; Th 10:00-12:00')).toMatchObject([
      {
        weekly: [
          { weekday: 'tuesday', opens: '08:00', closes: '13:00' },
          { weekday: 'thursday', opens: '10:00', closes: '12:00' },
        ],
      },
    ])
    for (const words of ['Sa[1] 09:00-12:00', 'Sa nach dem Frühstück', 'Mo-Fr sunrise-sunset'])
      expect(await hoursIn(words)).toEqual([{ from: null, to: null, weekly: [], words }])
  })

  it('JSON may hold what no database stores', async () => {
    const [market] = markets(await rowsOf(collection(feature({ name: 'A\u0000B \ud83c', city: 'Hamburg' }))))
    expect(market?.name).toBe('A B \ufffd')
  })

  it('one that is not known is read by a profile', async () => {
    const chosen = profile({
      source: 'lisbon',
      name: 'Câmara de Lisboa',
      country: 'PT',
      city: 'Lisboa',
      id: 'Código',
      columns: { name: 'Mercado', street: 'Morada' },
      seasons: [{ dates: 'Época', times: 'Horário' }],
      products: { Fruta: 'fruit' },
    })
    const file = 'código;MERCADO;morada;horario\n7;Feira;Rua A;Sat 9am-1pm\n'
    const { rows, profile: used } = await read(file, 7, chosen)
    expect(used.source).toBe('lisbon')
    expect(markets(rows)).toMatchObject([{ directoryId: '7', name: 'Feira', city: 'Lisboa', country: 'PT' }])
    await expect(read('a;b\n', 7, chosen)).rejects.toMatchObject({
      errors: [{ path: 'Código' }, { path: 'Mercado' }],
    })
  })

  const shared = new URL('../../../../shared/data/', import.meta.url)
  it.runIf(existsSync(shared)).each([
    ['usda-farmers-markets.csv', 1678, [[694, 'city is empty']]],
    ['usda-2013-lower-case-header.csv', 400, []],
    ['local-food-portal-2024.csv', 1500, []],
    ['new-york-state.csv', 694, []],
    ['new-york-city.csv', 138, []],
    ['made-up-markets.geojson', 6, [[7, 'it tells neither a city nor a point on the map']]],
  ])('reads the real %s', async (name, count, lost) => {
    const { rows } = await readDirectory(createReadStream(new URL(name, shared)))
    const all = await Array.fromAsync(rows)
    expect(new Set(markets(all).map(({ directoryId }) => directoryId)).size).toBe(count)
    expect(skipped(all)).toEqual(lost)
  })
})
