import { hash } from 'node:crypto'
import { parseId } from '../../domain/ids.ts'
import type { NamePosition } from '../ports/view-queries.ts'

/*
 * A cursor is a place in one list: the name and id of the market that it continues behind, with a check over both and
 * over what the list is narrowed to. So it still leads on when that market has been renamed, moved or closed. It is
 * no secret and proves nothing: the check tells what was damaged, or came from another list.
 */

/** The longest, in characters: that of a name of 120 letters of three bytes each. */
export const LONGEST_CURSOR = 512

const CHECK_BYTES = 8
const ID_BYTES = 16

/**
 * @param list what tells the list, with all that narrows it, from every other
 * @returns undefined for a name so long as only SQL by hand can make it
 */
export function cursorAfter(list: string, { id, name }: NamePosition): string | undefined {
  const place = Buffer.concat([Buffer.from(id.replaceAll('-', ''), 'hex'), Buffer.from(name)])
  const check = hash('sha256', `${list}\n${place.toString('hex')}`, 'buffer').subarray(0, CHECK_BYTES)
  const cursor = Buffer.concat([check, place]).toString('base64url')
  return cursor.length > LONGEST_CURSOR ? undefined : cursor
}

/** Where it leads; undefined for what is no cursor of this list, or another spelling of one. */
export function placeOf(list: string, cursor: string): NamePosition | undefined {
  const place = Buffer.from(cursor, 'base64url').subarray(CHECK_BYTES)
  const hex = place.toString('hex', 0, ID_BYTES)
  const id = hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
  const position = { id, name: place.toString('utf8', ID_BYTES) }
  // Anybody can make the check fit: PostgreSQL takes no NUL in a name, and no id that is none.
  const possible = parseId(id) !== undefined && !position.name.includes('\0')
  return possible && cursorAfter(list, position) === cursor ? position : undefined
}
