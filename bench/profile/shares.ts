import type { Profiler } from 'node:inspector'

/** In the order of the report. */
export const PLACES = [
  'the socket',
  'Node’s HTTP and streams',
  'Express',
  'libraries',
  'own code',
  'garbage, and the rest',
] as const
export type Place = (typeof PLACES)[number]
/** Of the time that the process was not idle. */
export type Shares = Readonly<Record<Place, number>>

/** Writing to a socket is a call into the kernel, which delivers to the other end while it is at it. */
const SOCKET = /^(writev|write(Buffer|Latin1String|Utf8String))$/
const PACKAGE = /\/node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*\/node_modules\/)/
const EXPRESS = new Set([
  'express',
  'router',
  'path-to-regexp',
  'parseurl',
  'debug',
  'depd',
  'encodeurl',
  'proxy-addr',
])

export function sharesOf({ nodes, samples = [], timeDeltas = [] }: Profiler.Profile): Shares {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]))
  const us = Object.fromEntries(PLACES.map((place) => [place, 0])) as Record<Place, number>
  for (const [i, id] of samples.entries()) {
    const place = placeOf(frames.get(id)!)
    if (place !== undefined) us[place] += timeDeltas[i] ?? 0
  }
  const all = Object.values(us).reduce((sum, each) => sum + each, 0)
  return Object.fromEntries(PLACES.map((place) => [place, us[place] / all])) as Record<Place, number>
}

/** Undefined: doing nothing, or being profiled. */
function placeOf({ functionName, url }: { functionName: string; url: string }): Place | undefined {
  if (functionName === '(idle)' || url === 'node:inspector') return undefined
  if (functionName.startsWith('(')) return 'garbage, and the rest'
  if (url === '') return SOCKET.test(functionName) ? 'the socket' : 'Node’s HTTP and streams'
  // What a query string is parsed by, when Express is asked for it.
  if (url === 'node:querystring') return 'Express'
  if (url.startsWith('node:')) return 'Node’s HTTP and streams'
  const name = PACKAGE.exec(url)?.[1]
  if (name === undefined) return 'own code'
  return EXPRESS.has(name) ? 'Express' : 'libraries'
}
