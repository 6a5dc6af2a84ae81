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
 * base64 behind `v1,`, with each of the secrets: a receiver takes it that knows one. Without any there is no signature.
 */
export function webhookHeaders({ id, timestamp, body }: SignedMessage, secrets: readonly string[]): Record<string, string> {
  const headers = { 'webhook-id': id, 'webhook-timestamp': String(timestamp) }
  if (secrets.length === 0) return headers
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(secret.slice(PREFIX.length), 'base64')
    return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`
  })
  return { ...headers, 'webhook-signature': signatures.join(' ') }
}

export function makeSecret(): string {
  return PREFIX + randomBytes(32).toString('base64')
}

const PREFIX = 'whsec_'
