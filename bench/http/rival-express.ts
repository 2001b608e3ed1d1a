/**
 * Express 5 with `RIVAL` as its cache in front of the same query on the same database. It sends the cached text and
 * makes no ETag, which none of them keeps: it does less than our service, and checks less of what it is asked.
 */
import express from 'express'
import { pino } from 'pino'
import { ListMarkets } from '../../src/application/markets/market-reads.ts'
import { Snapshots } from '../../src/application/ports/view-queries.ts'
import { readConfig } from '../../src/infrastructure/config/config.ts'
import { openCore } from '../../src/infrastructure/core.ts'
import { RIVALS } from '../rivals/rivals.ts'
import { headersOf } from './constant-page.ts'

const { RIVAL = '', REDIS_URL: redisUrl = '', PORT } = process.env
const rival = RIVALS.find(({ name }) => name === RIVAL)
if (rival === undefined) throw new Error(`RIVAL=${RIVAL}: there is no such rival`)

const { container } = await openCore(
  readConfig({ ...process.env, REDIS_URL: undefined, CACHE: 'null' }),
  pino({ level: 'silent' }),
)
const snapshots = await container.getAsync(Snapshots)
const { view } = ListMarkets
const cache = await rival.open({ redisUrl, ttlMs: view.ttlS * 1000, maxEntries: 10_000 })
// They share a Redis, and one's text under a key would be another's nonsense.
const mine = (name: string) => `${RIVAL}|${name}`

const app = express()
app.disable('x-powered-by')
app.get('/markets', async (req, res) => {
  const params = { page: Number(req.query.page), pageSize: Number(req.query.page_size) }
  const text = await cache.read(mine(view.key(params)), view.tags(params).map(mine), async () => {
    const found = await snapshots.read((queries) => view.load(queries, params))
    return JSON.stringify(found!.value)
  })
  const body = Buffer.from(text)
  res.writeHead(200, headersOf(body, '"constant"'))
  res.end(body)
})
app.listen(Number(PORT), '127.0.0.1')
