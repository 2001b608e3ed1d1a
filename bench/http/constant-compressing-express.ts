/** An Express 5 that sends the bytes of `BODY` through the usual middleware, which compresses them for each answer. */
import compression from 'compression'
import express from 'express'
import { constantPage } from './constant-page.ts'

const { body, headers } = constantPage()

const app = express()
app.disable('x-powered-by')
app.use(compression())
app.get('/markets', (_req, res) => {
  res.writeHead(200, headers)
  res.end(body)
})
app.listen(Number(process.env.PORT), '127.0.0.1')
