import ipaddr from 'ipaddr.js'

/** What limits by address count together. */
export interface Networks {
  /** An IPv4 address, or an IPv6 /64: a client that has one address of it has all. */
  readonly narrow: string
  /** An IPv4 /24, or an IPv6 /48: what one customer of a provider may have. */
  readonly wide: string
}

/** All that is no address is one network: made-up names must not each get an allowance of their own. */
const UNKNOWN: Networks = { narrow: 'unknown', wide: 'unknown' }

/** Some proxies tell the port as well: `192.0.2.7:4711`, `[2001:db8::1]:4711`. */
const WITH_PORT = /^(?:\[([^\]]+)\](?::\d+)?|(\d+(?:\.\d+){3}):\d+)$/

export function networksOf(address: string): Networks {
  const [, bracketed, dotted] = WITH_PORT.exec(address) ?? []
  const [bare = ''] = (bracketed ?? dotted ?? address).split('%')
  if (!ipaddr.isValid(bare)) return UNKNOWN
  const ip = ipaddr.process(bare)
  if (ip instanceof ipaddr.IPv6) return { narrow: prefix(ip, 4), wide: prefix(ip, 3) }
  return { narrow: ip.toString(), wide: `${ip.octets.slice(0, 3).join('.')}.0/24` }
}

/** The first groups of 16 bits. */
function prefix({ parts }: ipaddr.IPv6, groups: number): string {
  const head = parts.slice(0, groups).map((part) => part.toString(16))
  return `${head.join(':')}::/${16 * groups}`
}
