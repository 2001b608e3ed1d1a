/** `1 market`, `2 markets`. */
export function count(number: number, one: string, many = `${one}s`): string {
  return `${number.toLocaleString('en')} ${number === 1 ? one : many}`
}

export function freeStalls(free: number): string {
  return free === 0 ? 'No free stalls' : count(free, 'free stall')
}

export function stallsLeft(free: number, all: number): string {
  if (free === 0) return all === 1 ? 'The only stall is taken' : `All ${count(all, 'stall')} are taken`
  return `${free.toLocaleString('en')} of ${count(all, 'stall')} ${free === 1 ? 'is' : 'are'} free`
}
