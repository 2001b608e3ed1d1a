/** The least that any cache in Redis costs: an Express 5 that asks Redis for the page, by one GET, and sends what it gets. */
import express from 'express'
import { Redis } from 'ioredis'
import { constantPage } from './constant-page.ts'

const { body, headers } = constantPage()
const redis = new Redis(process.env.REDIS_URL!, { enableAutoPipelining: true })
await redis.set('bare:page', body)

const app = express()
app.disable('x-powered-by')
app.get('/markets', async (_req, res) => {
  const page = await redis.getBuffer('bare:page')
  res.writeHead(200, headers)
  res.end(page)
})
app.listen(Number(process.env.PORT), '127.0.0.1')
