import { Presets, SingleBar } from 'cli-progress'

/** In ms: between two lines where there is no terminal. */
const LINE_EVERY_MS = 30_000

/** How far a layer is: one line that updates itself on a terminal, else a line now and then. */
export class Progress {
  readonly #what: string
  readonly #total: number
  readonly #bar: SingleBar | undefined
  #done = 0
  #toldAt = performance.now()

  constructor(what: string, total: number) {
    this.#what = what
    this.#total = total
    if (!process.stderr.isTTY) return
    const format = `${what.padEnd(12)} {bar} {value}/{total}, {duration_formatted}, left {eta_formatted}`
    this.#bar = new SingleBar({ format, stream: process.stderr, hideCursor: true }, Presets.shades_classic)
    this.#bar.start(total, 0)
  }

  advance(by: number): void {
    this.#done += by
    this.#bar?.update(this.#done)
    if (this.#bar !== undefined || performance.now() - this.#toldAt < LINE_EVERY_MS) return
    this.#toldAt = performance.now()
    process.stderr.write(`${this.#what}: ${this.#done} of ${this.#total}\n`)
  }

  end(): void {
    this.#bar?.stop()
  }
}
