/*
 * Ends with 0 when the instance on this machine answers: a container's health check. It asks whether the process is
 * alive, not whether PostgreSQL is: an instance that serves what it can should not be replaced for that. Where a check
 * decides who is sent requests, or whether an old instance may go, it is given `/readyz` to ask.
 */
const TIMEOUT_MS = 2000

try {
  const url = `http://${addressOf(process.env.HOST || '127.0.0.1')}:${process.env.PORT || 3000}${process.argv[2] ?? '/healthz'}`
  const { ok, status } = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) })
  if (!ok) throw new Error(`${url} answered ${status}`)
} catch (error) {
  process.stderr.write(`${error}\n`)
  process.exitCode = 1
}

/** Where a service that listens on this host is found from the same machine. */
function addressOf(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1'
  if (host === '::') return '[::1]'
  return host.includes(':') ? `[${host}]` : host
}
