import fc from 'fast-check'
import { expect, it } from 'vitest'
import { areaName, cellName, cellOf, cellsWithin, distanceKm, RADII_KM } from '../../../src/domain/grid.ts'

const at = (latitude: number, longitude: number) => ({ latitude, longitude })

it.each([
  ['Chicago to Milwaukee', at(41.8781, -87.6298), at(43.0389, -87.9065), 131],
  ['across the date line in Fiji', at(-16.8, 179.95), at(-16.8, -179.95), 10.6],
  ['across the pole', at(89.8, 0), at(89.8, 180), 44.5],
  ['to itself', at(1, 2), at(1, 2), 0],
  ['to the other side', at(0, 0), at(0, 180), 20_015],
])('the distance %s', (_, one, other, km) => {
  expect(distanceKm(one, other)).toBeCloseTo(km, km > 100 ? -1 : 1)
  expect(distanceKm(other, one)).toBe(distanceKm(one, other))
})

it('a cell is a tenth of a degree, an area one; beyond eighty degrees a row is one', () => {
  const names = (latitude: number, longitude: number) => {
    const cell = cellOf(at(latitude, longitude))
    return [cellName(cell), areaName(cell)]
  }
  expect(names(41.88, -87.62)).toEqual(['418,-877', '41,-88'])
  expect(names(-0.05, 0.05)).toEqual(['-1,0', '-1,0'])
  expect(names(0, 180)).toEqual(names(0, -180))
  expect(names(80, 12)).toEqual(['800,0', '80,0'])
  expect(names(79.99, 12)).toEqual(['799,120', '79,12'])
  expect(names(-80.1, 12)).toEqual(['-801,0', '-81,0'])
  expect(names(90, -12)).toEqual(['900,0', '90,0'])
})

const degrees = (most: number) =>
  fc.oneof(
    fc.double({ min: -most, max: most, noNaN: true }),
    fc.integer({ min: -most * 10, max: most * 10 }).map((tenths) => tenths / 10),
  )
const anywhere = fc.record({
  latitude: fc.oneof(degrees(90), fc.constantFrom(79.95, 80, -80, -80.05, 89.99, 90, -90)),
  longitude: fc.oneof(degrees(180), fc.constantFrom(-180, 180, 179.99)),
})
/** A point somewhere about another, as far away as may be asked for, in each direction. */
const about = fc
  .tuple(
    anywhere,
    fc.double({ min: -0.5, max: 0.5, noNaN: true }),
    fc.double({ min: -1, max: 1, noNaN: true }),
  )
  .map(([point, north, east]) => {
    const latitude = Math.max(-90, Math.min(90, point.latitude + north))
    const turned = point.longitude + (east * 0.5) / Math.max(0.001, Math.cos((latitude * Math.PI) / 180))
    return [point, at(latitude, ((((turned + 180) % 360) + 360) % 360) - 180)] as const
  })

it('what is near a point is in one of the cells within that distance, and no nearer than the cell is said to be', () => {
  let near = 0
  fc.assert(
    fc.property(about, fc.constantFrom(...RADII_KM), ([point, market], radiusKm) => {
      const km = distanceKm(point, market)
      const name = cellName(cellOf(market))
      const cell = cellsWithin(cellOf(point), radiusKm).find((each) => cellName(each) === name)
      if (km <= radiusKm) {
        near += 1
        expect(cell).toBeDefined()
      }
      if (cell !== undefined) expect(cell.nearKm).toBeLessThanOrEqual(km + 0.001)
    }),
    { numRuns: 3000 },
  )
  expect(near).toBeGreaterThan(300)
})

it('there are never many cells, and few areas, each once, the nearest first', () => {
  fc.assert(
    fc.property(anywhere, fc.constantFrom(...RADII_KM), (point, radiusKm) => {
      const cells = cellsWithin(cellOf(point), radiusKm)
      expect(cells.length).toBeLessThan(700)
      expect(new Set(cells.map(cellName)).size).toBe(cells.length)
      expect(new Set(cells.map(areaName)).size).toBeLessThanOrEqual(16)
      expect(cells).toEqual(cells.toSorted((one, other) => one.nearKm - other.nearKm))
    }),
  )
})
