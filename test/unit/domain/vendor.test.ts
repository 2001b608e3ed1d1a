import fc from 'fast-check'
import { expect, it } from 'vitest'
import { PRODUCTS } from '../../../src/domain/products.ts'
import { Vendor } from '../../../src/domain/vendor.ts'

const profile = {
  businessName: fc.string(),
  category: fc.string(),
  description: fc.string(),
  website: fc.string(),
  products: fc.subarray([...PRODUCTS]),
}

it("an edit changes what it names, an empty text included, and nothing else of a vendor's profile", () => {
  const changes = fc.record(profile, { requiredKeys: [] })
  fc.assert(
    fc.property(fc.record(profile), changes, (fields, edited) => {
      const createdAt = new Date('2026-05-01T08:00:00Z')
      const now = new Date('2026-05-02T08:00:00Z')
      const vendor = new Vendor({ id: 'v1', ...fields, createdAt })
      vendor.edit(edited, now)
      expect({ ...vendor }).toEqual({ id: 'v1', ...fields, ...edited, createdAt, updatedAt: now })
    }),
  )
})

it('says each product once, in the order of the list, whatever order they were given in', () => {
  const profile = { id: 'v1', businessName: '', category: '', description: '', website: '' }
  const vendor = new Vendor({ ...profile, products: ['honey', 'eggs', 'honey'], createdAt: new Date(0) })
  expect(vendor.products).toEqual(['eggs', 'honey'])
  vendor.edit({ products: ['soap', 'fruit', 'soap'] }, new Date(1))
  expect(vendor.products).toEqual(['fruit', 'soap'])
})
