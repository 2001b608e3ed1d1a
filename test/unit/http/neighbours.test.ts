import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ListMarkets } from '../../../src/application/markets/market-reads.ts'
import { reading, TestApi } from './harness.ts'

describe('a page of a list links to its neighbours:', () => {
  let api: TestApi
  let next: string | undefined
  let isMinimum = false
  beforeAll(async () => {
    api = await TestApi.start()
    api.useCases.listMarkets = async ({ page, pageSize }) => {
      // A name may look like the end of a page.
      const [behind, at] = [next && `"next_cursor":"${next}",`, next === undefined && `"page":${page},`]
      const text = `{"markets":[{"name":"\\"total\\":9,"}],${isMinimum ? '"total_is_minimum":true,' : ''}${behind ?? ''}"total":45,${at || ''}"page_size":${pageSize}}`
      return reading(ListMarkets.view, undefined, text)
    }
  })
  afterAll(() => api.close())

  const at = (page: number, size = 20, more = '') => `/markets?page=${page}&page_size=${size}${more}`

  it.each([
    ['/markets', [`</markets?page=2>; rel="next"`]],
    [at(2), [`<${at(1)}>; rel="prev"`, `<${at(3)}>; rel="next"`]],
    [at(3), [`<${at(2)}>; rel="prev"`]],
    [at(99), [`<${at(3)}>; rel="prev"`]],
    [at(1, 45), []],
    [at(1, 44, '&city=S%C3%A3o%20Paulo%3E'), [`<${at(2, 44, '&city=S%C3%A3o+Paulo%3E')}>; rel="next"`]],
  ])('%s to %j', async (path, links) => {
    // The second time by the short way.
    for (let i = 0; i < 2; i++) {
      const answer = await api.fetch(path)
      expect(answer.headers.get('link')).toBe(links.length === 0 ? null : links.join(', '))
    }
    const unchanged = await api.fetch(path, { headers: { 'if-none-match': '*' } })
    expect([unchanged.status, unchanged.headers.get('link') !== null]).toEqual([304, links.length > 0])
  })

  it.each([
    ['/markets', [`</markets?cursor=NEXT-2_x>; rel="next"`]],
    [at(2), [`<${at(1)}>; rel="prev"`, `</markets?cursor=NEXT-2_x&page_size=20>; rel="next"`]],
    ['/markets?city=a%26b&cursor=BEFORE', [`</markets?cursor=NEXT-2_x&city=a%26b>; rel="next"`]],
  ])('%s to %j, where the page says how its list goes on', async (path, links) => {
    next = 'NEXT-2_x'
    const first = await api.fetch(path)
    expect(first.headers.get('link')).toBe(links.join(', '))
    next = undefined
  })

  it('the last page of a list that is not counted to its end to the one before, whatever was counted', async () => {
    isMinimum = true
    const answer = await api.fetch(at(99))
    expect(answer.headers.get('link')).toBe(`<${at(98)}>; rel="prev"`)
    isMinimum = false
  })

  it('the last page by cursor to none', async () => {
    const answer = await api.fetch('/markets?cursor=BEFORE&page_size=5')
    expect(answer.headers.get('link')).toBeNull()
  })
})
