import { sendsReading } from './sim-http.ts'
import { simulator } from './simulator.ts'

/** The service's own: production's answers to conditional requests are part of what is searched. */
export const { runSchedule, explore, explain } = simulator(sendsReading)
