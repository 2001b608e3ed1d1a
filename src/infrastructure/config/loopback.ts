import ipaddr from 'ipaddr.js'

/** Whether only this machine can connect to a service that listens on this host, a name or an address. */
export function isLoopback(host: string): boolean {
  if (host === 'localhost') return true
  return ipaddr.isValid(host) && ipaddr.process(host).range() === 'loopback'
}
