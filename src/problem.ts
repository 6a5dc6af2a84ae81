import type { Context } from 'hono'
import { STATUS_CODES } from 'node:http'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { HubError } from './errors.ts'

/** The body of an error on our own API (RFC 9457). */
export interface Problem {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly code: string
  readonly detail: string
  readonly hint?: string
  readonly errors?: readonly { readonly path: string; readonly message: string }[]
}

export function toProblem(error: HubError): Problem {
  return {
    type: 'about:blank',
    title: STATUS_CODES[error.status] ?? 'Error',
    status: error.status,
    code: error.code,
    detail: error.message,
    ...(error.hint !== undefined && { hint: error.hint }),
    ...(error.errors !== undefined && { errors: error.errors }),
  }
}

export const WAY_TO_AUTHENTICATE = 'Bearer realm="reeltime"'

/** Answers with a HubError; anything else is told to `onInternalError` and to the caller only that it happened. */
export function problemResponse(c: Context, error: unknown, onInternalError: (error: unknown) => void): Response {
  const known = asHubError(error)
  if (known.code === 'internal') onInternalError(error)
  if (known.retryAfterSeconds !== undefined) c.header('Retry-After', String(known.retryAfterSeconds))
  if (known.code === 'unauthenticated') c.header('WWW-Authenticate', WAY_TO_AUTHENTICATE)
  return c.body(JSON.stringify(toProblem(known)), known.status as ContentfulStatusCode, {
    'Content-Type': 'application/problem+json', 'Cache-Control': 'no-store', 'Access-Control-Allow-Origin': '*',
  })
}

export function asHubError(error: unknown): HubError {
  if (error instanceof HubError) return error
  return new HubError('internal', 'Something went wrong in the hub', { cause: error })
}
