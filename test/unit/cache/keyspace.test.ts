import { expect, it } from 'vitest'
import { Keyspace } from '../../../src/adapters/cache/keyspace.ts'

const names = new Keyspace('p:')

it('leaves a key readable, under the prefix', () => {
  expect(names.entry('market:1:detail')).toBe('p:market:1:detail')
})

it('calls a stamp by its tag', () => {
  expect(names.stamp('market:1')).toBe('p:stamp:market:1')
})

it.each(['stamp:market:1', 'entry:market:1'])('escapes a key that looks taken: %s', (key) => {
  expect(names.entry(key)).toBe(`p:entry:${key}`)
})

it.each(['a:stamp:b', 'a:entry:b', 'market:1:stamp:', 'market:1:entry:'])(
  'leaves a key alone that only ends like one that is taken: %s',
  (key) => {
    expect(names.entry(key)).toBe(`p:${key}`)
  },
)

it('keeps the entries of releases apart, and not the stamps, which end the entries of all', () => {
  const [old, now] = [new Keyspace('p:', 'a1'), new Keyspace('p:', 'b2')]
  expect(now.entry('market:1:detail')).toBe('p:b2:market:1:detail')
  expect(now.entry('stamp:market:1')).toBe('p:b2:entry:stamp:market:1')
  expect(old.entry('market:1:detail')).not.toBe(now.entry('market:1:detail'))
  expect(old.stamp('market:1')).toBe(now.stamp('market:1'))
})
