import { type Context, Hono } from 'hono'
import { z } from 'zod'
import { HubError } from '../errors.ts'
import type { ArtifactStore } from '../jobs/artifact-store.ts'
import type { Caller } from '../jobs/caller.ts'
import type { Jobs } from '../jobs/jobs.ts'
import { readIdempotencyKey } from '../jobs/idempotency-header.ts'
import { readJson } from '../jobs/read-json.ts'
import { serveZip } from '../jobs/serve-zip.ts'
import { parseBatch } from './batch-submission.ts'
import { zippedItems } from './batch-zip.ts'
import type { Batches } from './batches.ts'

const BODY_BYTES = 1024 ** 2

/** `/api/batches`; their events are read as those of jobs are. */
export function batchRoutes({ batches, jobs, artifacts, callerOf }: {
  readonly batches: Batches
  readonly jobs: Pick<Jobs, 'get'>
  readonly artifacts: ArtifactStore
  readonly callerOf: (c: Context) => Caller
}): Hono {
  const app = new Hono()

  app.post('/api/batches', async (c) => {
    const submission = parseBatch(await readJson(c, { requireType: true, maxBytes: BODY_BYTES }))
    const batch = await batches.submit(submission, { caller: callerOf(c), idempotencyKey: readIdempotencyKey(c) })
    return c.json(batch, 202, { Location: `/api/batches/${batch.id}` })
  })

  app.get('/api/batches', async (c) => {
    const query = z.object({
      limit: z.coerce.number().int().min(1).max(100).default(20), cursor: z.string().regex(/^[0-9a-z]{1,12}$/).optional(),
    }).safeParse(c.req.query())
    if (!query.success) {
      throw new HubError('invalid_input', 'limit takes 1 to 100; cursor what the page before gave', {
        errors: query.error.issues.map(({ path, message }) => ({ path: String(path[0]), message })),
      })
    }
    const { reach, owner } = callerOf(c)
    const { limit, cursor } = query.data
    return c.json(await batches.list({ limit, cursor, owner: reach === 'own' ? owner ?? '' : undefined }), 200, { 'Cache-Control': 'no-store' })
  })

  app.get('/api/batches/:id', async (c) => c.json(await batches.get(c.req.param('id')), 200, { 'Cache-Control': 'no-store', 'Access-Control-Allow-Origin': '*' }))
  app.get('/api/batches/:id/zip', async (c) => {
    const batch = await batches.get(c.req.param('id'))
    return serveZip(c, zippedItems(batch, jobs), { store: artifacts, filename: `batch-${batch.id}.zip` })
  })
  app.post('/api/batches/:id/cancel', async (c) => c.json(await batches.cancel(idToChange(c))))
  app.post('/api/batches/:id/retry', async (c) => c.json(await batches.retry(idToChange(c)), 202))
  app.delete('/api/batches/:id', async (c) => {
    await batches.remove(idToChange(c))
    return c.body(null, 204)
  })

  function idToChange(c: Context): string {
    const id = c.req.param('id') ?? ''
    batches.assertMayChange(id, callerOf(c))
    return id
  }

  return app
}
