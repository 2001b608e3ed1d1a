import { type Result, stalePerMillion } from './report.ts'

const ROW = 26
const LEFT = 340
const WIDTH = 960
const RIGHT = 40
const TOP = 92
const BOTTOM = 56
/** Above 0 the axis is logarithmic; 0 has a place of its own. */
const DECADES = [10, 100, 1000, 10_000, 100_000, 1_000_000]
const ZERO_AT = LEFT + 20
const FIRST_DECADE_AT = LEFT + 90

const STYLE = `
    text { font: 13px system-ui, sans-serif; fill: #1f2328; }
    .title { font-size: 16px; font-weight: 600; }
    .ours { font-weight: 700; }
    .quiet { fill: #59636e; font-size: 12px; }
    .grid { stroke: #d1d9e0; }
    .zero { stroke: #59636e; }
    .reach { stroke: #8c959f; stroke-width: 2; }
    .s0 { fill: #9ecae1; } .s1 { fill: #4292c6; } .s2 { fill: #08519c; }
    .outage { fill: none; stroke: #cf222e; stroke-width: 2; }
    .paper { fill: #ffffff; }
    @media (prefers-color-scheme: dark) {
      text { fill: #f0f6fc; }
      .quiet { fill: #9198a1; }
      .grid { stroke: #3d444d; }
      .zero { stroke: #9198a1; }
      .s0 { fill: #1f5f99; } .s1 { fill: #4a9be0; } .s2 { fill: #b6dcff; }
      .outage { stroke: #ff7b72; }
      .paper { fill: #0d1117; }
    }`

/** A row per cache, a dot per number of sessions, a ring for the outage. */
export function plot(results: readonly Result[]): string {
  const bottom = TOP + results.length * ROW
  const sessions = results[0]!.rounds.map((round) => `${round.sessions} sessions`)
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${bottom + BOTTOM}" role="img" aria-labelledby="title">
  <title id="title">Stale reads per million, by cache</title>
  <style>${STYLE}
  </style>
  <rect class="paper" width="${WIDTH}" height="${bottom + BOTTOM}"/>
  <text class="title" x="20" y="28">Stale reads: begun after a write was answered, showing what was there before it</text>
  ${legend(sessions)}
  ${axis(bottom)}
  ${results.map((result, row) => line(result, TOP + row * ROW + ROW / 2)).join('\n  ')}
</svg>
`
}

function legend(sessions: readonly string[]): string {
  const entries = [...sessions, 'outage of Redis']
  return entries
    .map((label, i) => {
      const x = LEFT + 20 + i * 130
      return `${mark(i < sessions.length ? `s${i}` : 'outage', x, 54)}<text x="${x + 12}" y="58">${label}</text>`
    })
    .join('')
}

function axis(bottom: number): string {
  const ticks = [
    { label: '0', x: ZERO_AT, style: 'zero' },
    ...DECADES.map((value) => ({ label: value.toLocaleString('en'), x: at(value), style: 'grid' })),
  ]
  const lines = ticks.map(
    ({ label, x, style }) =>
      `<line class="${style}" x1="${x}" x2="${x}" y1="${TOP}" y2="${bottom}"/><text class="quiet" text-anchor="middle" x="${x}" y="${bottom + 18}">${label}</text>`,
  )
  const middle = (LEFT + WIDTH) / 2
  return `${lines.join('')}<text class="quiet" text-anchor="middle" x="${middle}" y="${bottom + 42}">stale reads per million (0, then logarithmic)</text>`
}

function line({ contestant, rounds, outage }: Result, y: number): string {
  const dots = rounds.map((round, i) => ({ style: `s${i}`, x: at(stalePerMillion(round)) }))
  if (outage !== undefined) dots.push({ style: 'outage', x: at(stalePerMillion(outage)) })
  const xs = dots.map(({ x }) => x)
  const name = `<text${contestant.ours ? ' class="ours"' : ''} text-anchor="end" x="${LEFT - 8}" y="${y + 4}">${escaped(contestant.name)}</text>`
  const reach = `<line class="reach" x1="${Math.min(...xs)}" x2="${Math.max(...xs)}" y1="${y}" y2="${y}"/>`
  return name + reach + dots.map(({ style, x }) => mark(style, x, y)).join('')
}

function mark(style: string, x: number, y: number): string {
  return `<circle class="${style}" cx="${x}" cy="${y}" r="${style === 'outage' ? 7 : 5}"/>`
}

function at(perMillion: number): number {
  if (perMillion <= 0) return ZERO_AT
  const share = Math.log10(Math.max(DECADES[0]!, perMillion) / DECADES[0]!) / (DECADES.length - 1)
  return Math.round(FIRST_DECADE_AT + share * (WIDTH - RIGHT - FIRST_DECADE_AT))
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}
