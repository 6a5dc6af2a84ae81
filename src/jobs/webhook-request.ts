import { z } from 'zod'

/** What a webhook can be told, by type. */
export const WEBHOOK_EVENTS = [
  'job.started', 'job.artifact', 'job.completed', 'job.failed', 'job.cancelled', 'batch.completed', 'batch.failed', 'batch.cancelled',
] as const

export type WebhookEvent = (typeof WEBHOOK_EVENTS)[number]

const SECRET_BYTES = { least: 24, most: 64 }

/** A secret as Standard Webhooks writes it: `whsec_` and 24 to 64 bytes in base64. */
export const webhookSecret = z.string().refine((text) => {
  const [, base64] = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(text) ?? []
  const bytes = Buffer.from(base64 ?? '', 'base64').length
  return base64 !== undefined && bytes >= SECRET_BYTES.least && bytes <= SECRET_BYTES.most
}, 'takes whsec_ and 24 to 64 bytes in base64')

/** Where to tell what becomes of a job or a batch. */
export const webhookRequest = z.strictObject({
  url: z.string().min(1).max(2048).describe('An http or https URL that is sent a POST for each event'),
  events: z.array(z.enum(WEBHOOK_EVENTS)).min(1).optional().describe('Which; all but job.artifact unless given'),
  secret: webhookSecret.optional().describe('What each POST is signed with; without one they are not signed'),
})

export type WebhookRequest = z.infer<typeof webhookRequest>

const MOST_KEEP_SECONDS = 30 * 86_400

/** A new secret for one of the hub's webhooks. */
export const webhookRotation = z.strictObject({
  secret: webhookSecret.optional().describe('The one that signs from now on; made by the hub unless given'),
  keep_seconds: z.int().min(0).max(MOST_KEEP_SECONDS).default(86_400).describe('How long the one before signs too; with 0 it and all before it end at once'),
})
