/** Which of the workers this process is, counted from 1; a worker that replaces a dead one has the same. */
export const WORKER_VARIABLE = 'MARKETFLOW_WORKER'

/** From the supervisor: end what is in flight, then yourself. */
export const STOP = 'marketflow:stop'

/** From a worker that was asked for `/metrics`: what do all of you count? */
export const METRICS_QUESTION = 'marketflow:metrics?'
export const METRICS_ANSWER = 'marketflow:metrics'

/** From the supervisor to each worker that listens: what do you count? */
export const COUNTS_QUESTION = 'marketflow:counts?'
export const COUNTS_ANSWER = 'marketflow:counts'
