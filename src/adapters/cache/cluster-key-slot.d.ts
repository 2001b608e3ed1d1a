declare module 'cluster-key-slot' {
  /** The slot, 0 to 16383, that Redis Cluster assigns a key to. */
  export default function slotOf(key: string): number
}
