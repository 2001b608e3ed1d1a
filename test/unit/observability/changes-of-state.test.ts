import { beforeEach, describe, expect, it } from 'vitest'
import {
  type ChangeOfState,
  ChangesOfState,
} from '../../../src/infrastructure/observability/changes-of-state.ts'

describe('changes of a state', () => {
  let now: number
  let told: ChangeOfState<'refused' | 'silent'>[]
  let changes: ChangesOfState<'refused' | 'silent'>
  const states = () => told.map(({ state, failures }) => [state, failures])

  beforeEach(() => {
    now = 0
    told = []
    changes = new ChangesOfState({ monotonic: () => now }, (change) => told.push(change), 1000)
  })

  it('are told once each, however often the state is observed', () => {
    for (let i = 0; i < 3; i++) changes.observe(undefined)
    for (let i = 0; i < 3; i++) changes.observe('refused', 'why')
    changes.observe('silent')
    for (let i = 0; i < 3; i++) changes.observe(undefined)
    expect(states()).toEqual([
      ['refused', 1],
      ['silent', 3],
      [undefined, 0],
    ])
    expect(told[0]?.detail).toBe('why')
    expect(changes.state).toBeUndefined()
  })

  it('are told again while something stays wrong, once in each quiet time, and how often it was seen', () => {
    for (now = 0; now < 2500; now += 100) changes.observe('refused')
    expect(states()).toEqual([
      ['refused', 1],
      ['refused', 10],
      ['refused', 10],
    ])
  })

  it('that come and go do not fill the log, which ends with the state that stays', () => {
    for (now = 0; now < 900; now += 100) {
      changes.observe('refused')
      changes.observe(undefined)
    }
    expect(states()).toEqual([
      ['refused', 1],
      [undefined, 0],
    ])
    changes.observe('refused')
    now = 1100
    changes.observe('refused')
    expect(states().at(-1)).toEqual(['refused', 10])
    now = 1200
    changes.observe(undefined)
    expect(states().at(-1)).toEqual([undefined, 0])
  })
})
