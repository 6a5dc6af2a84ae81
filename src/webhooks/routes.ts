import { Hono } from 'hono'
import { z } from 'zod'
import { HubError } from '../errors.ts'
import { redactUrl } from '../fetch/check-url.ts'
import { readJson } from '../jobs/read-json.ts'
import { webhookRequest, webhookRotation } from '../jobs/webhook-request.ts'
import type { Endpoint } from './endpoints.ts'
import type { Delivery } from './outbox.ts'
import type { Webhooks } from './webhooks.ts'

const NO_STORE = { 'Cache-Control': 'no-store' }

/** `/api/webhooks`: those of the hub, and what has become of deliveries. For its operator alone. */
export function webhookRoutes({ webhooks }: { readonly webhooks: Webhooks }): Hono {
  const app = new Hono()

  app.post('/api/webhooks', async (c) => {
    const body = parse(webhookRequest, await readJson(c, { requireType: true }), 'The body takes {"url":URL,"events"?:[…],"secret"?:"whsec_…"}')
    const added = await webhooks.add(body)
    return c.json({ ...showEndpoint(added), secret: added.secret }, 201, { Location: `/api/webhooks/${added.id}`, ...NO_STORE })
  })

  app.get('/api/webhooks', (c) => c.json({ webhooks: webhooks.list().map(showEndpoint) }, 200, NO_STORE))

  app.delete('/api/webhooks/:id', async (c) => {
    await webhooks.remove(c.req.param('id'))
    return c.body(null, 204)
  })

  app.post('/api/webhooks/:id/enable', async (c) => c.json(showEndpoint(await webhooks.enable(c.req.param('id')))))

  app.post('/api/webhooks/:id/rotate', async (c) => {
    const body = parse(webhookRotation, await readJson(c, { requireType: true }), 'The body takes {"secret"?:"whsec_…","keep_seconds"?:0 to 2592000}')
    const changed = await webhooks.rotate(c.req.param('id'), { secret: body.secret, keepMs: body.keep_seconds * 1000 })
    return c.json({ ...showEndpoint(changed), secret: changed.secret }, 200, NO_STORE)
  })

  app.get('/api/webhooks/deliveries', (c) => {
    const query = parse(deliveryQuery, c.req.query(), 'state takes pending, delivered or failed; limit 1 to 500; cursor what the page before gave')
    const { deliveries, nextCursor } = webhooks.deliveries({ ...query, subject: query.job ?? query.batch })
    return c.json({ deliveries: deliveries.map((delivery) => showDelivery(delivery, webhooks)), next_cursor: nextCursor }, 200, NO_STORE)
  })

  app.get('/api/webhooks/deliveries/:id', (c) => {
    const delivery = webhooks.delivery(c.req.param('id'))
    return c.json({ ...showDelivery(delivery, webhooks), body: JSON.parse(delivery.body) as unknown }, 200, NO_STORE)
  })

  app.post('/api/webhooks/deliveries/:id/replay', (c) => c.json(showDelivery(webhooks.replay(c.req.param('id')), webhooks), 202))

  return app
}

const deliveryQuery = z.object({
  webhook: z.string().optional(),
  job: z.string().optional(),
  batch: z.string().optional(),
  state: z.enum(['pending', 'delivered', 'failed']).optional(),
  limit: z.coerce.number().int().min(1).max(500).default(50),
  cursor: z.string().regex(/^[0-9a-z]{1,12}$/).optional(),
})

function parse<Value>(schema: z.ZodType<Value>, value: unknown, message: string): Value {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  throw new HubError('invalid_input', message, { errors: parsed.error.issues.map(({ path, message: text }) => ({ path: path.join('.'), message: text })) })
}

/** Never with its secret. */
function showEndpoint({ id, url, events, secret, earlier = [], createdAt, disabled }: Endpoint) {
  const signing = earlier.filter(({ until }) => until > Date.now()).map(({ until }) => ({ until }))
  return {
    id, url, events: events ?? null, signed: secret !== undefined, ...(signing.length > 0 && { earlier_secrets: signing }),
    created_at: createdAt, ...(disabled !== undefined && { disabled }),
  }
}

function showDelivery({ id, eventId, webhook, subject, type, state, attempts, createdAt, nextAt, own }: Delivery, webhooks: Webhooks) {
  const url = own?.url ?? webhooks.list().find((endpoint) => endpoint.id === webhook)?.url
  return {
    id, webhook_id: eventId, ...(own ? {} : { webhook }), ...(url !== undefined && { url: redactUrl(url) }),
    [type.startsWith('batch.') ? 'batch' : 'job']: subject, type, state, created_at: createdAt, ...(nextAt !== null && { next_at: nextAt }),
    attempts: attempts.map(({ milliseconds, ...attempt }) => ({ ...attempt, duration_ms: milliseconds })),
  }
}
