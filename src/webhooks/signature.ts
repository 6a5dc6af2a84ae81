import { createHmac, randomBytes } from 'node:crypto'

export interface SignedMessage {
  /** The same at each attempt. */
  readonly id: string
  /** Of the attempt, in seconds since 1970. */
  readonly timestamp: number
  readonly body: string
}

/**
 * The headers of Standard Webhooks 1.0 (https://www.standardwebhooks.com): HMAC-SHA256 over `id.timestamp.body`, in
 * base64 behind `v1,`. Without a secret there is no signature.
 */
export function webhookHeaders({ id, timestamp, body }: SignedMessage, secret: string | undefined): Record<string, string> {
  const headers = { 'webhook-id': id, 'webhook-timestamp': String(timestamp) }
  if (secret === undefined) return headers
  const key = Buffer.from(secret.slice(PREFIX.length), 'base64')
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')
  return { ...headers, 'webhook-signature': `v1,${signature}` }
}

export function makeSecret(): string {
  return PREFIX + randomBytes(32).toString('base64')
}

const PREFIX = 'whsec_'
