import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { METRICS_ANSWER, METRICS_QUESTION } from '../../../src/infrastructure/workers/messages.ts'
import { clusterMetrics } from '../../../src/infrastructure/workers/worker.ts'

type Told = (error: Error | null) => void

/** Stands where a worker's channel to its supervisor is. What the test runner says over its own goes on. */
let supervisor: (id: number, told: Told) => void
const channel = process.send!
let listeners: number

beforeEach(() => {
  process.send = ((...[message, ...rest]: [{ type?: string; id: number }, Told]) =>
    message?.type === METRICS_QUESTION
      ? supervisor(message.id, rest[0])
      : channel.apply(process, [message, ...rest] as never)) as typeof channel
  listeners = process.listenerCount('message')
})

afterEach(() => {
  process.send = channel
  vi.useRealTimers()
  expect(process.listenerCount('message')).toBe(listeners)
})

const answer = (message: object) => process.emit('message', { type: METRICS_ANSWER, ...message }, undefined)

it('takes the answer to its own question, whatever else is answered first', async () => {
  supervisor = (id) => {
    answer({ id: id + 1, text: 'another’s' })
    answer({ id, text: 'ours' })
  }
  expect(await clusterMetrics()).toBe('ours')
})

it('fails as the supervisor failed', async () => {
  supervisor = (id) => answer({ id, error: 'Operation timed out.' })
  await expect(clusterMetrics()).rejects.toThrow('Operation timed out.')
})

it('does not wait for ever for a supervisor that does not answer', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  supervisor = () => undefined
  const asked = clusterMetrics().catch((error: Error) => error.message)
  vi.runAllTimers()
  expect(await asked).toBe('The supervisor does not answer')
})

it('fails at once when the supervisor is gone', async () => {
  supervisor = (_, told) => told(new Error('Channel closed'))
  await expect(clusterMetrics()).rejects.toThrow('Channel closed')
})
