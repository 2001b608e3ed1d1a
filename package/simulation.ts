/** The core on an adapter of yours in simulated worlds, as tests. They need vitest. */
export type {
  OwnCache,
  OwnServer,
  SimulatedConnection,
  SimulatedIngredients,
} from '../test/property/interleaving/simulation/own-cache.ts'
export { simulationContract, storyOf } from '../test/property/interleaving/simulation-contract.ts'
