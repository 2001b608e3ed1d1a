import { dose } from '../../support/dose.ts'
import { budget } from './budget.ts'
import { exploreEach } from './explore-each.ts'
import * as simulation from './simulation/production.ts'
import type { SafeWorld } from './worlds.ts'

const usual = budget(dose(100, 2000))

/** The service's own worlds. */
export function holdThePromise(suite: string, file: string, worlds: readonly SafeWorld[]): void {
  const replay = (world: string, found: number) =>
    `SEED=${found} SCHEDULES=1 npx vitest run ${file} -t '${world}'`
  exploreEach(suite, worlds, { ...usual, simulation, replay })
}
