/** What one part of the benchmark found out. */
export interface Findings {
  readonly title: string
  /** Markdown: tables, ratios first, and how they came about. */
  readonly report: readonly string[]
  /** For `docs/figures.md`: what, and the figure. */
  readonly headlines: readonly (readonly [what: string, figure: string])[]
  /** By the file's name. */
  readonly plots: Readonly<Record<string, string>>
  /** Everything that was measured. */
  readonly figures: unknown
  /** Which servers of others, and their versions. */
  readonly servers: string
}

export interface Part {
  /** As `--only` calls it. */
  readonly name: string
  /** `quick`: a look, with fewer and shorter rounds, whose figures are not worth keeping. */
  run(quick: boolean): Promise<Findings>
}
