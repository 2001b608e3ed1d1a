/** A dot plot with a row per contestant, readable on a light and on a dark page. */
export interface DotPlot {
  readonly title: string
  /** What the axis says. */
  readonly unit: string
  /** Each kind of dot, the palest first; at most four. */
  readonly series: readonly string[]
  readonly rows: readonly DotRow[]
  /** The axis's labels, from left to right; it is logarithmic, and nothing lies beyond. */
  readonly ticks: readonly number[]
}

export interface DotRow {
  readonly label: string
  readonly ours: boolean
  /** In the order of `series`; undefined: it has no such dot. */
  readonly values: readonly (number | undefined)[]
}

const ROW = 26
const LEFT = 370
const WIDTH = 960
const RIGHT = 40
const TOP = 82
const BOTTOM = 56
const FROM = LEFT + 20

const STYLE = `
    text { font: 13px system-ui, sans-serif; fill: #1f2328; }
    .title { font-size: 16px; font-weight: 600; }
    .ours { font-weight: 700; }
    .quiet { fill: #59636e; font-size: 12px; }
    .grid { stroke: #d1d9e0; }
    .reach { stroke: #8c959f; stroke-width: 2; }
    .s0 { fill: #9ecae1; } .s1 { fill: #4292c6; } .s2 { fill: #08519c; } .s3 { fill: #bc4c00; }
    .paper { fill: #ffffff; }
    @media (prefers-color-scheme: dark) {
      text { fill: #f0f6fc; }
      .quiet { fill: #9198a1; }
      .grid { stroke: #3d444d; }
      .s0 { fill: #1f5f99; } .s1 { fill: #4a9be0; } .s2 { fill: #b6dcff; } .s3 { fill: #f0883e; }
      .paper { fill: #0d1117; }
    }`

export function dotPlot({ title, unit, series, rows, ticks }: DotPlot): string {
  const bottom = TOP + rows.length * ROW
  const at = axis(ticks)
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${bottom + BOTTOM}" role="img" aria-labelledby="title">
  <title id="title">${escaped(title)}</title>
  <style>${STYLE}
  </style>
  <rect class="paper" width="${WIDTH}" height="${bottom + BOTTOM}"/>
  <text class="title" x="20" y="28">${escaped(title)}</text>
  ${series.map((label, i) => legend(label, i)).join('')}
  ${ticks.map((tick) => gridLine(tick, at(tick), bottom)).join('')}
  <text class="quiet" text-anchor="middle" x="${(LEFT + WIDTH) / 2}" y="${bottom + 42}">${escaped(unit)}</text>
  ${rows.map((row, i) => line(row, TOP + i * ROW + ROW / 2, at)).join('\n  ')}
</svg>
`
}

function legend(label: string, i: number): string {
  const x = FROM + i * 140
  return `${dot(i, x, 54)}<text x="${x + 12}" y="58">${escaped(label)}</text>`
}

function gridLine(tick: number, x: number, bottom: number): string {
  return `<line class="grid" x1="${x}" x2="${x}" y1="${TOP}" y2="${bottom}"/><text class="quiet" text-anchor="middle" x="${x}" y="${bottom + 18}">${tick.toLocaleString('en')}</text>`
}

function line({ label, ours, values }: DotRow, y: number, at: (value: number) => number): string {
  const dots = values.flatMap((value, i) => (value === undefined ? [] : [{ i, x: at(value) }]))
  const xs = dots.map(({ x }) => x)
  const name = `<text${ours ? ' class="ours"' : ''} text-anchor="end" x="${LEFT - 8}" y="${y + 4}">${escaped(label)}</text>`
  const reach = `<line class="reach" x1="${Math.min(...xs)}" x2="${Math.max(...xs)}" y1="${y}" y2="${y}"/>`
  return name + reach + dots.map(({ i, x }) => dot(i, x, y)).join('')
}

function dot(series: number, x: number, y: number): string {
  return `<circle class="s${series}" cx="${x}" cy="${y}" r="5"/>`
}

function axis(ticks: readonly number[]): (value: number) => number {
  const [low, high] = [Math.log(ticks[0]!), Math.log(ticks.at(-1)!)]
  return (value) => {
    const share = (Math.log(Math.max(value, ticks[0]!)) - low) / (high - low)
    return Math.round(FROM + Math.min(1, share) * (WIDTH - RIGHT - FROM))
  }
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}
