import { type Context, Hono } from 'hono'
import { z } from 'zod'
import { HubError } from '../errors.ts'
import type { Caller } from './caller.ts'
import { readIdempotencyKey } from './idempotency-header.ts'
import type { JobStatus } from './job.ts'
import type { Jobs } from './jobs.ts'
import { readJson } from './read-json.ts'
import { webhookRequest } from './webhook-request.ts'

const jobIds = z.array(z.string().min(1)).max(100).optional()
const submission = z.strictObject({ tool: z.string(), input: z.unknown(), after: jobIds, after_any: jobIds, webhook: webhookRequest.optional() })
const statuses: readonly JobStatus[] = ['queued', 'running', 'completed', 'failed', 'cancelled']

/** Our own API of jobs. */
export function jobRoutes({ jobs, callerOf }: { readonly jobs: Jobs; readonly callerOf: (c: Context) => Caller }): Hono {
  const app = new Hono()

  app.post('/api/jobs', async (c) => {
    const body = submission.safeParse(await readJson(c, { requireType: true }))
    if (!body.success) {
      throw new HubError('invalid_input', 'The body takes {"tool":NAME,"input":{…},"after"?:[ID],"after_any"?:[ID],"webhook"?:{…}}', {
        errors: body.error.issues.map(({ path, message }) => ({ path: path.join('.'), message })),
      })
    }
    const { after_any: afterAny, ...asked } = body.data
    const job = await jobs.submit({ ...asked, afterAny, idempotencyKey: readIdempotencyKey(c), caller: callerOf(c) })
    return c.json(job, 202, { Location: `/api/jobs/${job.id}` })
  })

  app.get('/api/jobs', (c) => {
    const query = z.object({
      status: z.string().optional().transform((text) => text?.split(',')).pipe(z.array(z.enum(statuses)).optional()),
      tool: z.string().optional(),
      limit: z.coerce.number().int().min(1).max(500).default(50),
      cursor: z.string().regex(/^[0-9a-z]{1,12}$/).optional(),
    }).safeParse(c.req.query())
    if (!query.success) {
      throw new HubError('invalid_input', `status takes ${statuses.join(', ')}; limit 1 to 500; cursor what the page before gave`, {
        errors: query.error.issues.map(({ path, message }) => ({ path: String(path[0]), message })),
      })
    }
    const { status, ...filter } = query.data
    const { reach, owner } = callerOf(c)
    return c.json(jobs.list({ ...filter, statuses: status, owner: reach === 'own' ? owner ?? '' : undefined }), 200, { 'Cache-Control': 'no-store' })
  })

  app.get('/api/jobs/:id', (c) => c.json(jobs.get(c.req.param('id')), 200, { 'Cache-Control': 'no-store', 'Access-Control-Allow-Origin': '*' }))
  app.post('/api/jobs/:id/cancel', async (c) => c.json(await jobs.cancel(idToChange(c))))
  app.post('/api/jobs/:id/retry', async (c) => c.json(await jobs.retry(idToChange(c)), 202))
  app.delete('/api/jobs/:id', async (c) => {
    await jobs.remove(idToChange(c))
    return c.body(null, 204)
  })

  function idToChange(c: Context): string {
    const id = c.req.param('id') ?? ''
    jobs.assertMayChange(id, callerOf(c))
    return id
  }

  return app
}
