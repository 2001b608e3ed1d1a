import type { ApplicationStatus } from '../../domain/vendor-application.ts'

/** Who sells where. */
const ACCEPTED: Readonly<Record<string, readonly string[]>> = {
  'park-blocks': ['apples', 'bread', 'goats', 'honey', 'greens', 'salmon', 'flowers'],
  'st-johns': ['mushrooms', 'berries', 'coffee'],
  hollywood: ['apples', 'eggs', 'tofu', 'pickles'],
  logan: ['bread', 'cider', 'tomatoes', 'beef', 'honey'],
  pilsen: ['tamales', 'corn', 'tomatoes'],
  daley: ['flowers', 'bread'],
  uptown: ['corn'],
  square: ['apples', 'goats', 'maple', 'beef', 'greens', 'eggs', 'pickles', 'flowers'],
  northside: ['greens', 'bread', 'eggs'],
  winter: ['maple', 'beef'],
  cheapside: ['lamb', 'corn', 'soap', 'nuts'],
  river: ['mushrooms', 'goats', 'coffee'],
  'north-ash': ['bread', 'apples', 'lamb'],
  'west-ash': ['bread', 'tofu'],
  railyard: ['tamales', 'lavender', 'honey', 'tomatoes'],
  plaza: ['soap', 'lavender'],
  pine: ['maple', 'cider', 'berries', 'lamb'],
  winooski: ['maple', 'eggs'],
  mueller: ['peaches', 'tamales', 'nuts'],
  barton: ['peaches', 'beef', 'coffee'],
  ballard: ['salmon', 'mushrooms', 'berries', 'tofu'],
  udistrict: ['salmon', 'apples'],
  mill: ['greens', 'bread', 'honey'],
  kingfield: ['corn', 'eggs', 'coffee'],
  bishop: ['nuts', 'peaches', 'tomatoes'],
  thirteenth: ['peaches', 'goats', 'lavender', 'beef'],
}

/** What became of the others: [market, vendor, status, message]. */
const OTHERS: readonly (readonly [string, string, ApplicationStatus, string])[] = [
  ['kingfield', 'honey', 'waitlisted', 'We would share a stall if one comes free.'],
  ['kingfield', 'pickles', 'waitlisted', 'Any Sunday, at a day’s notice.'],
  ['kingfield', 'flowers', 'pending', 'We live around the corner.'],
  ['park-blocks', 'tomatoes', 'pending', 'Heirlooms from July; seedlings in May.'],
  ['park-blocks', 'pickles', 'pending', 'We bring our own tent and weights.'],
  ['park-blocks', 'corn', 'rejected', 'Two trucks every Saturday.'],
  ['st-johns', 'apples', 'pending', 'From September until the last apple.'],
  ['logan', 'flowers', 'pending', 'Cut flowers, no plastic.'],
  ['logan', 'soap', 'rejected', 'Tallow soap and nothing else.'],
  ['square', 'honey', 'waitlisted', 'Forty hives in the county.'],
  ['square', 'cider', 'pending', 'Cold cider, hot in October.'],
  ['cheapside', 'honey', 'withdrawn', 'Sorry, the truck gave up.'],
  ['river', 'soap', 'pending', 'Happy with any corner.'],
  ['railyard', 'peaches', 'withdrawn', 'Frost took the crop this year.'],
  ['mueller', 'honey', 'rejected', 'Austin honey, honest.'],
  ['ballard', 'bread', 'pending', 'Baked at three, there by seven.'],
  ['ballard', 'flowers', 'waitlisted', 'Dahlias from August.'],
  ['mill', 'tofu', 'pending', 'Smoked tofu sandwiches too.'],
  ['thirteenth', 'apples', 'pending', 'Western slope apples.'],
  ['eastside', 'greens', 'pending', 'Tuesdays suit us well.'],
]

export const APPLICATIONS = [
  ...Object.entries(ACCEPTED).flatMap(([market, vendors]) =>
    vendors.map((vendor) => ({
      market,
      vendor,
      status: 'accepted' as ApplicationStatus,
      message: 'Every market day of the season.',
    })),
  ),
  ...OTHERS.map(([market, vendor, status, message]) => ({ market, vendor, status, message })),
]
