import { beforeEach, describe, expect, it, vi } from 'vitest'
import { encodeEntry } from '../../../src/adapters/cache/entry-format.ts'
import { BatchReply } from '../../../src/adapters/cache/stamp-batch.ts'

const value = encodeEntry({
  entry: { body: Buffer.from('{}'), etag: '"x"', visibleTo: '', loadedAt: 1, expiresAt: 2, loadMs: 3 },
  fence: ['stamp'],
  keptUntil: 4,
})

let reply: BatchReply

beforeEach(() => {
  reply = new BatchReply()
})

describe('what Redis answered', () => {
  it('is a stamp or nothing', () => {
    reply.add('there', Buffer.from('token'))
    reply.add('missing', null)
    expect(reply.stamp('there')).toBe('token')
    expect(reply.stamp('missing')).toBeUndefined()
    expect(reply.stamp('never asked')).toBeUndefined()
  })

  it('may come later: a stamp that was missing is known once it was made', () => {
    reply.add('s', null)
    expect(reply.stamp('s')).toBeUndefined()
    reply.add('s', Buffer.from('made'))
    expect(reply.stamp('s')).toBe('made')
  })

  it('is decoded once, however many ask for the stamp', () => {
    const token = Buffer.from('token')
    const decoded = vi.spyOn(token, 'toString')
    reply.add('s', token)
    for (let i = 0; i < 3; i++) expect(reply.stamp('s')).toBe('token')
    expect(decoded).toHaveBeenCalledTimes(1)
  })

  it('is decoded once, however many ask for the entry', () => {
    reply.add('e', value)
    expect(reply.entry('e')).toMatchObject({ fence: ['stamp'] })
    expect(reply.entry('e')).toBe(reply.entry('e'))
  })
})
