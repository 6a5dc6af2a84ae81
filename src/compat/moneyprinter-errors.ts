import { randomUUID } from 'node:crypto'
import type { Context } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type { ErrorCode, HubError } from '../errors.ts'
import { asHubError, WAY_TO_AUTHENTICATE } from '../problem.ts'

/** What is answered in this dialect, refusals in front of the routes too. */
export function isMoneyPrinterPath(path: string): boolean {
  return /^\/api\/v1\/(?:videos|audio|subtitle|tasks(?:\/[^/]+(?:\/cancel)?)?|stream\/.+|download\/[^/]+\/.+|musics|video_materials)$|^\/tasks\/[^/]+\/[^/]+$/.test(path)
}

/**
 * An error in the dialect's envelope: the HTTP status once more, and the message behind the id of the request. What is
 * wrong with which field stands in `data`, as FastAPI tells it; `error`, `error_code` and `hint` are our own.
 */
export function answerMoneyPrinterError(c: Context, error: unknown, onInternalError: (error: unknown) => void): Response {
  const known = asHubError(error)
  if (known.code === 'internal') onInternalError(error)
  if (known.retryAfterSeconds !== undefined) c.header('Retry-After', String(known.retryAfterSeconds))
  if (known.code === 'unauthenticated') c.header('WWW-Authenticate', WAY_TO_AUTHENTICATE)
  const { status = known.status, message = known.message } = SAID[known.code]?.(known) ?? {}
  const fields = known.errors?.map(({ path, message: msg }) => ({ loc: ['body', ...path.split(/[.[\]]+/).filter((part) => part !== '')], msg, type: msg === MISSING ? 'value_error.missing' : 'value_error' }))
  return c.json({
    status, ...(fields && { data: fields }), message: fields?.[0]?.msg === MISSING ? MISSING : `${requestId(c)}: ${message}`,
    error: known.message, error_code: known.code, ...(known.hint !== undefined && { hint: known.hint }),
  }, status as ContentfulStatusCode, { 'Cache-Control': 'no-store', 'Access-Control-Allow-Origin': '*' })
}

export const MISSING = 'field required'

/** What its clients know by other words, or another status. */
const SAID: Partial<Record<ErrorCode, (error: HubError) => { readonly status?: number; readonly message?: string }>> = {
  job_not_found: () => ({ message: 'task not found' }),
  job_expired: () => ({ status: 404, message: 'task not found' }),
  artifact_not_found: () => ({ message: 'file not found' }),
  queue_full: () => ({ message: 'task queue is full, please try again later' }),
  unauthenticated: ({ message }) => ({ message: `invalid token: ${message}` }),
  idempotency_mismatch: () => ({ status: 409, message: 'idempotency_conflict: this key was used for another request' }),
}

function requestId(c: Context): string {
  const sent = c.req.header('x-task-id')
  return sent !== undefined && /^[\w.-]{1,80}$/.test(sent) ? sent : randomUUID()
}
