import type { Redis } from 'ioredis'

/** What tutorials recommend: walk over all keys, delete those that match. */
export async function scanAndDelete(client: Redis, pattern: string): Promise<void> {
  let cursor = '0'
  do {
    const [next, keys] = await client.scan(cursor, 'MATCH', pattern, 'COUNT', 1000)
    if (keys.length > 0) await client.del(...keys)
    cursor = next
  } while (cursor !== '0')
}

/** What they warn of, and what is found in the wild: one command, during which the server serves no other client. */
export async function keysAndDelete(client: Redis, pattern: string): Promise<void> {
  const keys = await client.keys(pattern)
  if (keys.length > 0) await client.del(...keys)
}
