/*
 * Cells of a tenth of a degree, and areas of a degree, by which what is near is found. Beyond eighty degrees, where
 * meridians run together, a row is one cell.
 */

/** In degrees north and east. */
export interface Point {
  readonly latitude: number
  readonly longitude: number
}

/** The south-western corner, in tenths of a degree. Of a question: beyond eighty degrees, too, it is one of 3600 of its row. */
interface Cell {
  readonly row: number
  readonly column: number
}

/** How far away markets may be asked for, in km. */
export const RADII_KM = [5, 10, 25, 50] as const

const EARTH_KM = 6371.0088
const RADIANS = Math.PI / 180
const ROW_KM = (EARTH_KM * RADIANS) / 10
const [POLE, CAP, TURN] = [900, 800, 3600]

/** As the crow flies, on a sphere: right within half a percent. */
export function distanceKm(one: Point, other: Point): number {
  const [here, there] = [one.latitude * RADIANS, other.latitude * RADIANS]
  return arcKm(here - there, (one.longitude - other.longitude) * RADIANS, Math.cos(here) * Math.cos(there))
}

function arcKm(north: number, east: number, shrinks: number): number {
  const half = Math.sin(north / 2) ** 2 + shrinks * Math.sin(east / 2) ** 2
  return 2 * EARTH_KM * Math.asin(Math.min(1, Math.sqrt(half)))
}

/** Where a point is asked from. */
export function cellOf({ latitude, longitude }: Point): Cell {
  return { row: Math.floor(latitude * 10), column: wrapped(Math.floor(longitude * 10)) }
}

/** Of a market: the name of its cell. */
export function cellName({ row, column }: Cell): string {
  return `${row},${isCap(row) ? 0 : column}`
}

/** The name of the area that a cell is in. */
export function areaName({ row, column }: Cell): string {
  return `${Math.floor(row / 10)},${isCap(row) ? 0 : Math.floor(column / 10)}`
}

/**
 * Every cell with a point that may be within a distance of one in this cell, and how near they may be at least, in km;
 * the nearest first. Across the date line and the poles, too.
 */
export function cellsWithin(from: Cell, radiusKm: number): (Cell & { readonly nearKm: number })[] {
  const rows = Math.ceil(radiusKm / ROW_KM) + 1
  const found: (Cell & { readonly nearKm: number })[] = []
  for (let row = Math.max(-POLE, from.row - rows); row <= Math.min(POLE, from.row + rows); row++) {
    const north = gap(row - from.row)
    const highest = Math.min(90, Math.max(...[row, row + 1, from.row, from.row + 1].map(Math.abs)) / 10)
    const shrinks = Math.cos(highest * RADIANS) ** 2
    for (let away = 0; away <= TURN / 2; away++) {
      const nearKm = arcKm(north, gap(away), shrinks)
      // A point whose tenths are rounded may be a hair beyond its cell.
      if (nearKm > radiusKm + 0.001) break
      const columns = new Set([from.column - away, from.column + away].map(wrapped))
      for (const column of columns) found.push({ row, column, nearKm })
      if (isCap(row)) break
    }
  }
  return found.sort((one, other) => one.nearKm - other.nearKm)
}

/** Between the nearest edges of two rows or columns that are so many apart, in radians. */
function gap(apart: number): number {
  return (Math.max(0, Math.abs(apart) - 1) / 10) * RADIANS
}

function isCap(row: number): boolean {
  return row >= CAP || row < -CAP
}

function wrapped(column: number): number {
  return ((((column + TURN / 2) % TURN) + TURN) % TURN) - TURN / 2
}
