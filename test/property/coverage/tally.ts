import { kindOf, type TagKind } from '../../../src/application/tables/tags.ts'
import type { Step } from './steps.ts'

interface Row {
  writes: number
  tags: number
  needless: number
  readonly needlessKinds: Map<TagKind, number>
}

/** What the writes invalidated, and how much of it without need: no view with the tag had changed. */
export class Tally {
  readonly #rows = new Map<string, Row>()
  readonly changedViews = new Map<string, number>()
  refused = 0

  add({ events, tags, changed, refused }: Step): void {
    if (refused !== undefined) this.refused += 1
    for (const { name } of changed) increment(this.changedViews, name.split(' ')[0]!)
    if (events.length === 0) return
    const causes = [...new Set(events.map((event) => event.type))].sort().join(' + ')
    const row = this.#rows.get(causes) ?? { writes: 0, tags: 0, needless: 0, needlessKinds: new Map() }
    this.#rows.set(causes, row)
    const needed = new Set(changed.flatMap((question) => question.tags))
    const needless = [...tags].filter((tag) => !needed.has(tag))
    row.writes += 1
    row.tags += tags.size
    row.needless += needless.length
    for (const tag of needless) increment(row.needlessKinds, kindOf(tag)!)
  }

  /** How many writes had events of this type only. */
  writes(type: string): number {
    return this.#rows.get(type)?.writes ?? 0
  }

  toString(): string {
    const line = (cells: readonly (string | number)[]) =>
      `${String(cells[0]).padEnd(30)}${cells
        .slice(1, 4)
        .map((cell) => String(cell).padStart(9))
        .join('')}  ${cells[4] ?? ''}`
    const rows = [...this.#rows].sort().map(([causes, { writes, tags, needless, needlessKinds }]) => {
      const kinds = [...needlessKinds].sort((a, b) => b[1] - a[1]).map(([kind, n]) => `${kind} ${n}`)
      return line([causes, writes, tags, needless, kinds.join(', ')])
    })
    return [
      line(['event', 'writes', 'tags', 'needless', 'of these']),
      ...rows,
      `refused writes: ${this.refused}`,
    ].join('\n')
  }
}

function increment<K>(counts: Map<K, number>, key: K): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}
