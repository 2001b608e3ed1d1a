/** To a server that was started with `profiler.ts`. */
export const BEGIN = 'profile: begin'
export const END = 'profile: end'
