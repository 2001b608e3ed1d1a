import { model } from '../paths/validate.ts'
import { sendsReading } from './sim-http.ts'
import { simulator } from './simulator.ts'

/** The service's own: production's answers to conditional requests are part of what is searched, and every run has to be a path of the model. */
export const { runSchedule, explore, explain } = simulator(sendsReading, model)

/** Without the model: judged by what clients see alone. */
export const byClients = simulator(sendsReading)
