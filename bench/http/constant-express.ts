/**
 * The upper bound for anything on Express 5: one route that sends the bytes of `BODY`, and does nothing else. It
 * makes no ETag of its own, which would cost it a hash per answer.
 */
import express from 'express'
import { constantPage } from './constant-page.ts'

const { body, headers } = constantPage()

const app = express()
app.disable('x-powered-by')
app.get('/markets', (_req, res) => {
  res.writeHead(200, headers)
  res.end(body)
})
app.listen(Number(process.env.PORT), '127.0.0.1')
