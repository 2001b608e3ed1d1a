/** The least that a service of this kind starts with: Express, and MikroORM with our entities over PostgreSQL. */
import { MikroORM } from '@mikro-orm/postgresql'
import express from 'express'
import { ENTITIES } from '../../src/adapters/postgres/entities.ts'

const orm = await MikroORM.init({ clientUrl: process.env.DATABASE_URL!, entities: ENTITIES })
const app = express()
app.get('/healthz', (_req, res) => void res.json({ status: 'ok' }))
app.get('/markets', async (_req, res) => {
  const rows = await orm.em
    .getConnection()
    .execute(`select id, name from markets where status = 'active' limit 20`)
  res.json({ markets: rows })
})
app.listen(Number(process.env.PORT), '127.0.0.1')
