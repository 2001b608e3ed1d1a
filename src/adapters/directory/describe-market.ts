const LONGEST_DESCRIPTION = 2000

/** Columns that say `Y` where a market sells something, and how people call it. */
const PRODUCTS: Readonly<Record<string, string>> = {
  Vegetables: 'vegetables',
  Fruits: 'fruit',
  Herbs: 'herbs',
  Mushrooms: 'mushrooms',
  Beans: 'beans',
  Grains: 'grains',
  Eggs: 'eggs',
  Cheese: 'cheese',
  Meat: 'meat',
  Poultry: 'poultry',
  Seafood: 'seafood',
  Bakedgoods: 'baked goods',
  Honey: 'honey',
  Jams: 'jams',
  Maple: 'maple syrup',
  Nuts: 'nuts',
  Coffee: 'coffee',
  Juices: 'juices',
  Wine: 'wine',
  Tofu: 'tofu',
  WildHarvested: 'wild-harvested food',
  Prepared: 'prepared food',
  Flowers: 'flowers',
  Plants: 'plants',
  Nursery: 'nursery stock',
  Trees: 'trees',
  Crafts: 'crafts',
  Soap: 'soap',
  PetFood: 'pet food',
}

const SEASONS = [1, 2, 3, 4]

/** Sentences from the directory's columns: when and what. Empty where it tells nothing. */
export function describeMarket(cells: Readonly<Record<string, string>>): string {
  const times = SEASONS.map((n) => season(cells[`Season${n}Date`], cells[`Season${n}Time`])).filter(Boolean)
  const products = Object.entries(PRODUCTS)
    .filter(([column]) => cells[column]?.trim() === 'Y')
    .map(([, product]) => product)
  const sentences = [
    times.length > 0 && `Open ${times.join('; ')}.`,
    products.length > 0 && `Sells ${products.join(', ')}.`,
  ]
  const text = sentences.filter(Boolean).join(' ').slice(0, LONGEST_DESCRIPTION)
  // A cut may leave the first half of a surrogate pair, which no UTF-8 database gives back as it was.
  return text.replace(/[\uD800-\uDBFF]$/, '')
}

/** `Wed: 9:00 AM-1:00 PM;` and `06/10/2020 to 10/07/2020` → `Wed 9:00 AM-1:00 PM (06/10/2020 to 10/07/2020)`. */
function season(dates: string | undefined, times: string | undefined): string {
  const days = tidy(times)
    .split(';')
    .map((day) => day.trim().replace(/^(\w{3}):/, '$1'))
    .filter(Boolean)
    .join(', ')
  const span = tidy(dates)
  return days && span ? `${days} (${span})` : days || span
}

/** Real data has blanks in front, behind and doubled, and now and then a control character. */
export function tidy(cell = ''): string {
  return cell
    .replace(/\p{Cc}/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim()
}
