import { isIPv6 } from 'node:net'

const GROUPS = 8
/** Of an IPv6 address, the half that names the network: a client with one address has all of its /64. */
const NETWORK_GROUPS = 4

/** What limits by address count together: an IPv4 address, or an IPv6 /64. */
export function networkOf(address: string): string {
  const [bare = ''] = address.split('%')
  if (!isIPv6(bare)) return bare
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(bare)
  if (mapped?.[1] !== undefined) return mapped[1]
  const [head = '', tail = ''] = bare.split('::')
  const left = groupsOf(head)
  const right = groupsOf(tail)
  const zeros = Array<string>(Math.max(0, GROUPS - left.length - right.length)).fill('0')
  const groups = [...left, ...zeros, ...right].map((group) => Number.parseInt(group, 16).toString(16))
  return `${groups.slice(0, NETWORK_GROUPS).join(':')}::/64`
}

function groupsOf(text: string): string[] {
  return text === '' ? [] : text.split(':')
}
