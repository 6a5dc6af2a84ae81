import type { Context } from 'hono'
import { HubError } from '../errors.ts'

/** Throws a HubError for what is no key. */
export function readIdempotencyKey(c: Context): string | undefined {
  const key = c.req.header('idempotency-key')
  if (key === undefined || /^[\x21-\x7e]{1,255}$/.test(key)) return key
  throw new HubError('invalid_input', 'An Idempotency-Key is 1 to 255 visible ASCII characters', {
    errors: [{ path: 'Idempotency-Key', message: 'is not 1 to 255 visible ASCII characters' }],
  })
}
