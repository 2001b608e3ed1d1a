import { setTimeout as sleep } from 'node:timers/promises'
import { startRedis, type TestRedis } from './redis.ts'

export interface TestCluster {
  /** The nodes' URLs, comma-separated, as `REDIS_URL` takes them. */
  readonly url: string
  readonly nodes: readonly TestRedis[]
  stop(): Promise<void>
}

const SLOTS = 16_384

/** Three masters that share the slots evenly, without replicas. */
export async function startRedisCluster(): Promise<TestCluster> {
  const nodes: TestRedis[] = []
  for (let i = 0; i < 3; i++) {
    const args = ['--cluster-enabled', 'yes', '--cluster-node-timeout', '2000']
    nodes.push(await startRedis({ args }))
  }
  for (const [i, node] of nodes.entries()) {
    const first = Math.floor((i * SLOTS) / nodes.length)
    const last = Math.floor(((i + 1) * SLOTS) / nodes.length) - 1
    await node.cli('CLUSTER', 'ADDSLOTSRANGE', first, last)
    // Without epochs of their own, two nodes may both claim what one of them owns.
    await node.cli('CLUSTER', 'SET-CONFIG-EPOCH', i + 1)
  }
  for (const node of nodes.slice(1)) await nodes[0]!.cli('CLUSTER', 'MEET', '127.0.0.1', node.port)
  await untilAgreed(nodes)
  return {
    url: nodes.map((node) => node.url).join(','),
    nodes,
    stop: async () => {
      await Promise.all(nodes.map((node) => node.stop()))
    },
  }
}

async function untilAgreed(nodes: readonly TestRedis[]): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const infos = await Promise.all(nodes.map((node) => node.cli('CLUSTER', 'INFO')))
    if (infos.every((info) => /cluster_state:ok/.test(String(info)) && /cluster_size:3/.test(String(info))))
      return
    await sleep(50)
  }
  throw new Error('The cluster of the test did not come up')
}
