import { dotPlot } from '../support/dot-plot.ts'
import type { Findings } from '../support/part.ts'
import { milliseconds, ratio, table } from '../support/report.ts'
import { FIRST_PAGE } from './views.ts'

export interface ViewFigures {
  readonly name: string
  /** Those with which the view has anything to show, rising. */
  readonly sizes: readonly { readonly size: number; readonly medianMs: number; readonly p99Ms: number }[]
}

const KINDS = {
  'the dearest list of a place': /^list of a/,
  'by date': /^list by date/,
  search: /^list found/,
  'near a point': /^list near/,
  'by product': /^list by product/,
  'of vendors': /^list of vendors/,
}
const DEEPEST = 'list, page 10,000'
const BY_CURSOR = 'list, page 10,000, by cursor'

export function findingsOf(
  figures: readonly ViewFigures[],
  { sizes, rounds }: { readonly sizes: readonly number[]; readonly rounds: number },
  server: string,
): Findings {
  const [least, most] = [sizes[0]!, sizes.at(-1)!]
  const at = (view: ViewFigures, size: number) => view.sizes.find((each) => each.size === size)?.medianMs
  const firstPage = figures.find(({ name }) => name === FIRST_PAGE.name)!
  const firstOfVendors = figures.find(({ name }) => name === 'list of vendors: all')!
  /** A page that the smallest table does not have is held against its first one. */
  const base = (view: ViewFigures) =>
    at(view, least) ?? at(KINDS['of vendors'].test(view.name) ? firstOfVendors : firstPage, least)!
  const relative = (view: ViewFigures, size: number) => {
    const ms = at(view, size)
    return ms === undefined ? undefined : ms / base(view)
  }
  const dearest = (views: readonly ViewFigures[]) => {
    const ratios = views.flatMap((view) => relative(view, most) ?? [])
    return ratios.length === 0 ? '–' : ratio(Math.max(...ratios))
  }
  const lists = figures.filter(({ name }) => name.startsWith('list'))
  const others = figures.filter((view) => !lists.includes(view))
  return {
    title: 'A miss while the tables grow',
    servers: server,
    headlines: [
      [
        `a miss with ${many(most)} markets against ${many(least)}: page 1 of the list; ${Object.keys(KINDS).join('; ')}; view that is no list; page 10,000, against page 1, by number and by cursor`,
        [
          dearest([firstPage]),
          ...Object.values(KINDS).map((kind) => dearest(lists.filter(({ name }) => kind.test(name)))),
          dearest(others),
          dearest(lists.filter(({ name }) => name === DEEPEST)),
          dearest(lists.filter(({ name }) => name === BY_CURSOR)),
        ].join('; '),
      ],
    ],
    figures: { rounds, sizes, views: figures },
    plots: {
      'growth.svg': dotPlot({
        title: `Time of a miss, as a ratio to the same with ${many(least)} markets`,
        unit: 'median; less is better; logarithmic',
        series: sizes.map((size) => `${many(size)} markets`),
        ticks: [0.5, 1, 2, 5, 10, 50],
        rows: figures.map((view) => ({
          label: view.name,
          ours: false,
          values: sizes.map((size) => relative(view, size)),
        })),
      }),
    },
    report: [
      '![Time of a miss of each view while the tables grow](growth.svg)',
      table(
        ['view', `${many(least)} markets`, ...sizes.slice(1).map(many)],
        figures.map((view) => [
          view.name,
          cell(at(view, least), milliseconds),
          ...sizes.slice(1).map((size) => cell(relative(view, size), ratio)),
        ]),
      ),
      `The median of ${rounds} loads of each view from PostgreSQL, in turns, as a ratio to the same view with ${many(least)} markets (whose median is in the second column); pages that so few markets do not fill, as a ratio to page 1. With the markets grow organizers, vendors (half as many), applications (twice as many) and days (three times as many, on ten dates); the market, vendor and organizer that are read stay alike.`,
      'A page far behind that is asked for by its number skips the entries of an index, one by one: that grows with the number and not with the table. By cursor it begins there.',
      'Of a list by date up to 500 markets are counted, of each date; by words, by a product and near a point up to 200 are found, and of vendors up to 200 counted: with a thousand markets there are not so many. Vendors who sell nowhere are passed over one by one.',
    ],
  }
}

function cell(value: number | undefined, format: (value: number) => string): string {
  return value === undefined ? '–' : format(value)
}

function many(count: number): string {
  return count.toLocaleString('en')
}
