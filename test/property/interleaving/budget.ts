/** How much to explore: `SCHEDULES` per world (`npm run prove` asks for many more), from `SEED` on. */
export function budget(usual: number): { readonly schedules: number; readonly seed: number } {
  const { SCHEDULES, SEED } = process.env
  return { schedules: Number(SCHEDULES ?? usual), seed: Number(SEED ?? 1) }
}

/** A timeout in ms for that many schedules, generous: a slow machine is not a failure. */
export function timeoutFor(schedules: number): number {
  return 60_000 + schedules * 500
}

/** A replay of one seed sees what it sees; a run has to have seen everything. */
export function tooFewToJudge(schedules: number): boolean {
  return schedules < 500
}
