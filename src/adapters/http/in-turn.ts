import type { RequestListener } from 'node:http'
import type { Socket } from 'node:net'

/** Requests that may wait behind another of the same connection. No browser sends one before it has the last answer. */
const MOST_WAITING = 32

/**
 * Hands over the requests of one connection one at a time. Answers leave in the order of the requests, and Node starts
 * all of them at once: each would hold its whole answer in memory until those before it have been read by the client.
 * A connection on which more wait than any client of good will sends is cut off.
 */
export function inTurn(next: RequestListener): RequestListener {
  const waiting = new WeakMap<Socket, number>()
  return (req, res) => {
    // A response has the socket from the moment when it is the one to be sent.
    if (res.socket !== null) {
      next(req, res)
      return
    }
    const { socket } = req
    const count = (waiting.get(socket) ?? 0) + 1
    if (count > MOST_WAITING) {
      socket.destroy()
      return
    }
    waiting.set(socket, count)
    res.once('socket', () => {
      waiting.set(socket, waiting.get(socket)! - 1)
      next(req, res)
    })
  }
}
