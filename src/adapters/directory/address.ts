import type { Place } from '../../domain/market.ts'
import { tidy } from './tidy.ts'

/** What an address in one line tells, as far as it can be told apart. */
export type Address = Pick<Place, 'street' | 'city' | 'region' | 'postcode'> & {
  /** What follows the address in the same cell. */
  readonly more: string
}

const STATES: Readonly<Record<string, string>> = {
  AL: 'Alabama',
  AK: 'Alaska',
  AZ: 'Arizona',
  AR: 'Arkansas',
  CA: 'California',
  CO: 'Colorado',
  CT: 'Connecticut',
  DE: 'Delaware',
  DC: 'District of Columbia',
  FL: 'Florida',
  GA: 'Georgia',
  HI: 'Hawaii',
  ID: 'Idaho',
  IL: 'Illinois',
  IN: 'Indiana',
  IA: 'Iowa',
  KS: 'Kansas',
  KY: 'Kentucky',
  LA: 'Louisiana',
  ME: 'Maine',
  MD: 'Maryland',
  MA: 'Massachusetts',
  MI: 'Michigan',
  MN: 'Minnesota',
  MS: 'Mississippi',
  MO: 'Missouri',
  MT: 'Montana',
  NE: 'Nebraska',
  NV: 'Nevada',
  NH: 'New Hampshire',
  NJ: 'New Jersey',
  NM: 'New Mexico',
  NY: 'New York',
  NC: 'North Carolina',
  ND: 'North Dakota',
  OH: 'Ohio',
  OK: 'Oklahoma',
  OR: 'Oregon',
  PA: 'Pennsylvania',
  RI: 'Rhode Island',
  SC: 'South Carolina',
  SD: 'South Dakota',
  TN: 'Tennessee',
  TX: 'Texas',
  UT: 'Utah',
  VT: 'Vermont',
  VA: 'Virginia',
  WA: 'Washington',
  WV: 'West Virginia',
  WI: 'Wisconsin',
  WY: 'Wyoming',
  PR: 'Puerto Rico',
  VI: 'Virgin Islands',
  GU: 'Guam',
  AS: 'American Samoa',
  MP: 'Northern Mariana Islands',
}

const CODES = new Map(
  Object.entries(STATES).flatMap(([code, name]) => [
    [code.toLowerCase(), code] as const,
    [name.toLowerCase(), code] as const,
  ]),
)

/** A state of the USA as its post writes it: `Illinois` and `il` are `IL`. What is none stays as it is. */
export function usState(region: string): string {
  return CODES.get(region.toLowerCase().replace(/\./g, '')) ?? region
}

const STATE = `${Object.keys(STATES).join('|')}|${Object.values(STATES).join('|')}`
const US_END = new RegExp(`^(.*?)[\\s,]+(${STATE})\\.?[\\s,]+(\\d{5}(?:-\\d{4})?)\\b[\\s,]*(.*)$`, 'i')
const US_END_WITHOUT_ZIP = new RegExp(`^(.*?)[\\s,]+(${STATE})\\.?$`, 'i')
const COUNTRY = /[\s,]+(us|usa|u\.s\.a\.|united states)\.?$/i

/** `21 College St., Clio, AL 36311`, and also without the commas. */
export function usAddress(line: string): Address {
  const whole = tidy(line).replace(COUNTRY, '')
  const found = US_END.exec(whole) ?? US_END_WITHOUT_ZIP.exec(whole)
  if (found === null) return { ...splitAtComma(whole), region: '', postcode: '', more: '' }
  const [, before = '', state = '', postcode = '', more = ''] = found
  return {
    ...splitAtComma(before),
    region: usState(state),
    postcode,
    more: more.replace(COUNTRY, '').replace(/^(us|usa)$/i, ''),
  }
}

function splitAtComma(text: string): Pick<Address, 'street' | 'city'> {
  const before = text.replace(/[\s,]+$/, '')
  const comma = before.lastIndexOf(',')
  const last = before.slice(comma + 1).trim()
  const first = comma < 0 ? '' : before.slice(0, comma).trim()
  if (comma >= 0 && !/\d/.test(last)) return { street: first, city: last }
  const { street, city } = splitAtStreet(last)
  return { street: [first, street].filter(Boolean).join(', '), city }
}

const STREET =
  /^(st|streets?|ave?|avenues?|rd|road|blvd|boulevard|dr|drive|ln|lane|way|ct|pkwy|parkway|hwy|highway|pike|tpke|turnpike|trl|trail|cir|circle|ter|terrace|alley|broadway|rte|route)[.,;)]?$/i
/** Words that end the name of a street or of a place, and may also begin or end that of a city. */
const PLACE = /^(court|pl|place|plaza|sq|square|loop|row|lot|mall|green|park|center|.*\))[.,;]?$/i
/** What may stand behind the name of a street, and still belongs to it. */
const OF_STREET = /^(#?\d+\w?|[ns]\.?[ew]?\.?|[ew]|north|south|east|west|suite|ste|unit|no|\(.*|.*\))[.,;]?$/i
/** Not the whole of a city's name, at its beginning and at its end. */
const BEGINS =
  /^(san|santa|los|las|el|la|le|de|du|des|fort|ft\.?|st\.?|saint|new|north|south|east|west|mount|mt\.?|port|lake|palm|little|long|big|old|grand|cedar|glen|green|rock|white|blue|pine|oak|hot)$/i
const ENDS =
  /^(springs?|city|beach|hills?|heights|junction|haven|forks?|forest|park|valley|grove|falls|lake|creek|rapids|point|bay|harbor|islands?|ridge|downs|rock|grande|gardens|village|shores|center)$/i

/** A street and a city with nothing between: the city begins behind the last word that ends a street's name. */
function splitAtStreet(text: string): Pick<Address, 'street' | 'city'> {
  const words = text.split(' ').filter(Boolean)
  if (!/[\d&]/.test(text) && !words.some((word) => STREET.test(word))) return { street: '', city: text }
  const at = (i: number) => ({ street: words.slice(0, i).join(' '), city: words.slice(i).join(' ') })
  for (let i = words.length - 2; i >= 0; i--) {
    if (!STREET.test(words[i]!) && !PLACE.test(words[i]!)) continue
    // «Main St St. Paul»: the second is a saint.
    const saint = /^st\.?$/i.test(words[i]!) && i > 0 && STREET.test(words[i - 1]!)
    let end = saint ? i : i + 1
    while (end < words.length - 1 && OF_STREET.test(words[end]!)) end++
    const split = at(end)
    if (!/[\d&]|^(and|-|at) /i.test(split.city)) return split
    break
  }
  const last = words.length - 1
  if (/\d/.test(words[last]!)) return { street: text, city: '' }
  const two =
    last > 1 && !/\d/.test(words[last - 1]!) && (BEGINS.test(words[last - 1]!) || ENDS.test(words[last]!))
  return at(two ? last - 1 : last)
}

/** `Lindenplatz, 20535 Hamburg`, `Am Kai 3, Hamburg`: as most of the world writes them. One without a comma tells no city. */
export function address(line: string): Address {
  const parts = tidy(line)
    .split(/\s*,\s*/)
    .filter(Boolean)
  const last = parts.length > 1 ? parts.pop()! : ''
  const [, postcode = '', city = last] = /^([A-Z]{0,2}-?\d{4,6})\s+(.+)$/.exec(last) ?? []
  return { street: parts.join(', '), city, postcode, region: '', more: '' }
}
