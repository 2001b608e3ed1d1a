import type { OwnServer, SimulatedConnection } from 'marketflow/simulation'
import type { RemoteCommands } from './remote-cache.ts'

/** What a memcached is in the simulation. */
export const simulatedServer: OwnServer<Map<string, Buffer>> = {
  empty: () => new Map(),
  evict: (values, below) => {
    const key = [...values.keys()][below(Math.max(1, values.size))]
    if (key !== undefined) values.delete(key)
  },
}

/** The adapter's commands over a simulated connection. */
export function simulatedCommands(connection: SimulatedConnection<Map<string, Buffer>>): RemoteCommands {
  return {
    read: (keys) =>
      connection.send(
        `get ${keys.join(' ')}`,
        ...keys.map((key) => (values: Map<string, Buffer>) => values.get(key)),
      ),
    add: async (added) => {
      await connection.send(
        `add ${[...added].join(' ')}`,
        ...Array.from(added, ([key, value]) => (values: Map<string, Buffer>) => {
          if (!values.has(key)) values.set(key, Buffer.from(value))
        }),
      )
    },
    set: async (key, value) => {
      await connection.send(`set ${key}`, (values) => values.set(key, value))
      return true
    },
    delete: async (keys) => {
      const deletes = keys.map((key) => (values: Map<string, Buffer>) => values.delete(key))
      await connection.send(`delete ${keys.join(' ')}`, ...deletes, () => true)
    },
    ended: connection.ended,
    get alive() {
      return connection.alive
    },
    close: () => connection.close(),
  }
}
