import type { Moment } from './search.ts'
import { STEPS } from './step-names.ts'

/** A counterexample, a line per step: who does what, which code it stands for, and what is stored then. */
export function tell(moments: readonly Moment[]): string {
  return moments
    .map(({ step, who, state }, index) => {
      const { server, instances } = state
      const entry =
        server.entryStamp === 0 ? 'none' : `v${server.entryVersion} under stamp ${server.entryStamp}`
      const leases = instances.map(({ lease }) => lease).join(', ')
      const memories = instances.map(({ kept, held }) => `${kept ? `v${kept - 1}` : 'nothing'} at ${held}`)
      const memory = state.registry.length > 0 ? `, in memory (lease age) ${memories.join(', ')}` : ''
      const number = who < 0 ? '' : ` #${who}`
      const line = `${String(index + 1).padStart(3)}. ${step.replace(/^(\w+)/, `$1${number}`)}`
      const after = `database v${state.version}, answered v${state.floor}, stamp ${server.stamp}, entry ${entry}, lease ages ${leases}${memory}`
      return `${line}\n       ${after}   [${STEPS[step]}]`
    })
    .join('\n')
}
