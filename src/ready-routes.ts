import { Hono } from 'hono'
import type { Readiness } from './readiness.ts'

/** `/ready`: 200 where a job would be taken, otherwise 503 and what stands in the way; and what jobs run behind. */
export function readyRoutes({ readiness }: { readiness: Readiness }): Hono {
  const app = new Hono()
  app.get('/ready', async (c) => {
    const problems = await readiness.obstacles()
    return c.json({ ready: problems.length === 0, problems, sandbox: readiness.wall }, problems.length === 0 ? 200 : 503, { 'Cache-Control': 'no-store' })
  })
  return app
}
