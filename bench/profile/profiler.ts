/** Imported by a server that is profiled: begins when it is told to, and then tells where its CPU time went. */
import { Session } from 'node:inspector/promises'
import { BEGIN, END } from './messages.ts'
import { sharesOf } from './shares.ts'

const SAMPLING_INTERVAL_US = 500

const session = new Session()
session.connect()

process.on('message', async (message) => {
  if (message === BEGIN) {
    await session.post('Profiler.enable')
    await session.post('Profiler.setSamplingInterval', { interval: SAMPLING_INTERVAL_US })
    await session.post('Profiler.start')
    process.send?.('begun')
  }
  if (message === END) {
    const { profile } = await session.post('Profiler.stop')
    process.send?.(sharesOf(profile))
  }
})
