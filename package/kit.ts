/** What an adapter on a server of one's own need not write again. */
export { decodeEntry, encodeEntry, type StoredEntry } from '../src/adapters/cache/entry-format.ts'
export {
  type Connected,
  type ConnectionObserver,
  KeptConnection,
} from '../src/adapters/cache/kept-connection.ts'
