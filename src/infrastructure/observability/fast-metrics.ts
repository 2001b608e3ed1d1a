import {
  Counter,
  type Metric,
  type MetricObjectWithValues,
  type MetricValue,
  type Registry,
} from 'prom-client'

/*
 * The two metrics that every hit adds to. prom-client hashes the labels of each observation, which costs a hit more
 * than its cache does; here three labels are three lookups in maps, and Prometheus's text is made when it is asked for.
 */

/** What is counted under three labels. */
class Series<Value> {
  readonly #byFirst = new Map<string, Map<string, Map<string | number, Value>>>()
  readonly #make: () => Value

  constructor(make: () => Value) {
    this.#make = make
  }

  at(first: string, second: string, third: string | number): Value {
    return this.#byFirst.get(first)?.get(second)?.get(third) ?? this.#add(first, second, third)
  }

  *[Symbol.iterator](): Iterator<readonly [labels: readonly (string | number)[], value: Value]> {
    for (const [first, bySecond] of this.#byFirst)
      for (const [second, byThird] of bySecond)
        for (const [third, value] of byThird) yield [[first, second, third], value]
  }

  #add(first: string, second: string, third: string | number): Value {
    const bySecond = this.#byFirst.get(first) ?? new Map<string, Map<string | number, Value>>()
    const byThird = bySecond.get(second) ?? new Map<string | number, Value>()
    const value = this.#make()
    this.#byFirst.set(first, bySecond.set(second, byThird.set(third, value)))
    return value
  }
}

type Labels = readonly [first: string, second: string, third: string]

function labelled(names: Labels, values: readonly (string | number)[]): Record<string, string | number> {
  return Object.fromEntries(names.map((name, i) => [name, values[i]!]))
}

export class FastCounter {
  readonly #series = new Series(() => ({ count: 0, told: 0 }))

  constructor(name: string, help: string, labelNames: Labels, registry: Registry) {
    const series = this.#series
    new Counter({
      name,
      help,
      labelNames: [...labelNames],
      registers: [registry],
      collect() {
        for (const [labels, tally] of series) {
          this.inc(labelled(labelNames, labels), tally.count - tally.told)
          tally.told = tally.count
        }
      },
    })
  }

  inc(first: string, second: string, third: string): void {
    this.#series.at(first, second, third).count += 1
  }
}

interface Distribution {
  /** How many fell into each bucket, and at the end how many into none. */
  readonly counts: Float64Array
  sum: number
}

export class FastHistogram {
  readonly name: string
  readonly help: string
  readonly aggregator = 'sum'
  readonly #labelNames: Labels
  /** Upper bounds, rising. */
  readonly #bounds: readonly number[]
  readonly #series: Series<Distribution>

  constructor(name: string, help: string, labelNames: Labels, bounds: readonly number[], registry: Registry) {
    this.name = name
    this.help = help
    this.#labelNames = labelNames
    this.#bounds = bounds
    this.#series = new Series(() => ({ counts: new Float64Array(bounds.length + 1), sum: 0 }))
    // All that a registry asks of a metric is its name and `get`.
    registry.registerMetric(this as unknown as Metric)
  }

  observe(first: string, second: string, third: string | number, value: number): void {
    const distribution = this.#series.at(first, second, third)
    const bounds = this.#bounds
    let bucket = 0
    while (bucket < bounds.length && value > bounds[bucket]!) bucket += 1
    distribution.counts[bucket]! += 1
    distribution.sum += value
  }

  /** As prom-client's own metrics tell theirs. Its `MetricType` is declared, but not there. */
  async get(): Promise<Omit<MetricObjectWithValues<MetricValue<string>>, 'collect'>> {
    const values: (MetricValue<string> & { readonly metricName: string })[] = []
    for (const [labelValues, { counts, sum }] of this.#series) {
      const labels = labelled(this.#labelNames, labelValues)
      let count = 0
      for (const [i, inBucket] of counts.entries()) {
        count += inBucket
        const le = this.#bounds[i] ?? '+Inf'
        values.push({ metricName: `${this.name}_bucket`, labels: { le, ...labels }, value: count })
      }
      values.push({ metricName: `${this.name}_sum`, labels, value: sum })
      values.push({ metricName: `${this.name}_count`, labels, value: count })
    }
    const { name, help, aggregator } = this
    return { name, help, aggregator, type: 'histogram' as never, values }
  }

  reset(): void {
    for (const [, distribution] of this.#series) {
      distribution.counts.fill(0)
      distribution.sum = 0
    }
  }
}
