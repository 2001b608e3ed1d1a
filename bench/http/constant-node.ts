/** The upper bound for anything on Node: `node:http` that sends the bytes of `BODY` to whatever is asked. */
import { createServer } from 'node:http'
import { constantPage } from './constant-page.ts'

const { body, headers } = constantPage()

createServer((_req, res) => {
  res.writeHead(200, headers)
  res.end(body)
}).listen(Number(process.env.PORT), '127.0.0.1')
