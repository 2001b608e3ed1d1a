import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { applyPatch } from '../property/teeth/variant.ts'
import { CONTROLS } from '../property/teeth/variants/controls.ts'
import { BROKEN } from '../property/teeth/variants/every.ts'

describe("a broken variant of production's source", () => {
  const patched = [...BROKEN, ...CONTROLS].filter(({ patches }) => patches.length > 0)

  it.each(patched.map((variant) => [variant.name, variant.patches] as const))(
    'still applies: %s',
    async (_, patches) => {
      const sources = new Map<string, string>()
      for (const patch of patches) {
        const source = sources.get(patch.file) ?? (await readFile(patch.file, 'utf8'))
        sources.set(patch.file, applyPatch(source, patch))
      }
    },
  )

  it('has a name of its own', () => {
    const names = [...BROKEN, ...CONTROLS].map(({ name }) => name)
    expect(names).toEqual([...new Set(names)])
  })

  it('is refused where its text is not there exactly once', () => {
    const patch = { file: 'a.ts', find: 'one()', replace: 'two()' }
    expect(applyPatch('before one() after', patch)).toBe('before two() after')
    for (const source of ['none', 'one() and one()']) {
      expect(() => applyPatch(source, patch)).toThrow('a.ts has this')
    }
  })
})
