import { z } from 'zod'
import { webhookRequest, webhookRotation } from '../../jobs/webhook-request.ts'
import { json, type Operation } from '../operation.ts'
import { delivery, webhook } from '../schemas.ts'

const WEBHOOK = { id: { description: 'The webhook', example: 'wh_1' } }
const DELIVERY = { id: { description: 'The delivery', example: 'd_1' } }
const listed = z.object({ deliveries: z.array(delivery), next_cursor: z.string().nullable() })

/** For the hub’s operator. */
export const webhookOperations: readonly Operation[] = [
  {
    method: 'post', path: '/api/webhooks', id: 'addWebhook', tag: 'Webhooks', summary: 'Have all jobs told to an address',
    body: { content: { 'application/json': { schema: webhookRequest, examples: { plain: { summary: 'All events', value: { url: 'https://example.com/hook' } } } } } },
    answers: { 201: { description: 'The webhook, and once its secret', content: json(webhook.extend({ secret: z.string().optional() })), headers: { Location: 'Its address' } } },
    errors: ['invalid_json', 'invalid_input', 'source_refused', 'unsupported_media_type'],
  },
  { method: 'get', path: '/api/webhooks', id: 'listWebhooks', tag: 'Webhooks', summary: 'Those of the hub', answers: { 200: { description: 'Without secrets', content: json(z.object({ webhooks: z.array(webhook) })) } } },
  { method: 'delete', path: '/api/webhooks/:id', id: 'removeWebhook', tag: 'Webhooks', summary: 'Remove one', params: WEBHOOK, answers: { 204: { description: 'It is gone' } }, errors: ['webhook_not_found', 'forbidden'] },
  {
    method: 'post', path: '/api/webhooks/:id/enable', id: 'enableWebhook', tag: 'Webhooks', summary: 'Tell one again that was disabled', params: WEBHOOK,
    answers: { 200: { description: 'The webhook', content: json(webhook) } }, errors: ['webhook_not_found', 'forbidden'],
  },
  {
    method: 'post', path: '/api/webhooks/:id/rotate', id: 'rotateWebhookSecret', tag: 'Webhooks', summary: 'Give one a new secret, while the old one still signs', params: WEBHOOK,
    body: { content: { 'application/json': { schema: webhookRotation, examples: { day: { summary: 'A day for both', value: { keep_seconds: 86400 } } } } } },
    answers: { 200: { description: 'The webhook, and once its new secret', content: json(webhook.extend({ secret: z.string() })) } },
    errors: ['invalid_json', 'invalid_input', 'webhook_not_found', 'unsupported_media_type'],
  },
  {
    method: 'get', path: '/api/webhooks/deliveries', id: 'listDeliveries', tag: 'Webhooks', summary: 'What has become of deliveries',
    query: z.object({
      webhook: z.string().optional(), job: z.string().optional(), batch: z.string().optional(), state: z.enum(['pending', 'delivered', 'failed']).optional(),
      limit: z.int().min(1).max(500).default(50).optional(), cursor: z.string().optional(),
    }),
    answers: { 200: { description: 'The newest first', content: json(listed) } }, errors: ['invalid_input'],
  },
  {
    method: 'get', path: '/api/webhooks/deliveries/:id', id: 'getDelivery', tag: 'Webhooks', summary: 'One delivery, with what is sent', params: DELIVERY,
    answers: { 200: { description: 'The delivery', content: json(delivery.extend({ body: z.unknown() })) } }, errors: ['delivery_not_found'],
  },
  {
    method: 'post', path: '/api/webhooks/deliveries/:id/replay', id: 'replayDelivery', tag: 'Webhooks', summary: 'Deliver once more', params: DELIVERY,
    answers: { 202: { description: 'The delivery', content: json(delivery) } }, errors: ['delivery_not_found', 'webhook_disabled', 'webhook_not_found'],
  },
]
