/**
 * What can go wrong for a caller. `code` is stable and decides the HTTP status; the message tells a person what is
 * wrong, `hint` the way out, `errors` which field. Nothing here holds a path of the host or a secret.
 */
export class HubError extends Error {
  override name = 'HubError'
  readonly code: ErrorCode
  readonly hint: string | undefined
  readonly errors: readonly FieldError[] | undefined
  readonly retryAfterSeconds: number | undefined

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.code = code
    this.hint = details.hint
    this.errors = details.errors
    this.retryAfterSeconds = details.retryAfterSeconds
  }

  get status(): number {
    return statusOf(this.code)
  }
}

/** What HTTP calls it. */
export function statusOf(code: ErrorCode): number {
  return STATUS_OF[code]
}

export interface FieldError {
  /** For example `args[3]` or `inputs[0].source`. */
  readonly path: string
  readonly message: string
}

export interface ErrorDetails {
  readonly hint?: string | undefined
  readonly errors?: readonly FieldError[] | undefined
  readonly retryAfterSeconds?: number | undefined
  readonly cause?: unknown
}

/** The one table of error codes and what HTTP calls them. */
const STATUS_OF = {
  invalid_json: 400,
  invalid_input: 400,
  invalid_offset: 400,
  invalid_range: 416,
  missing_capability: 422,
  argument_refused: 403,
  source_refused: 403,
  origin_refused: 403,
  unauthenticated: 401,
  forbidden: 403,
  job_not_found: 404,
  artifact_not_found: 404,
  frame_not_found: 404,
  upload_not_found: 404,
  webhook_not_found: 404,
  delivery_not_found: 404,
  batch_not_found: 404,
  upload_conflict: 409,
  upload_aborted: 410,
  upload_expired: 410,
  tool_not_found: 404,
  route_not_found: 404,
  method_not_allowed: 405,
  job_expired: 410,
  job_active: 409,
  job_ended: 409,
  dependency_failed: 409,
  webhook_disabled: 409,
  idempotency_mismatch: 422,
  payload_too_large: 413,
  version_unsupported: 412,
  unsupported_media_type: 415,
  queue_full: 429,
  rate_limited: 429,
  quota_exceeded: 429,
  too_many_connections: 429,
  source_unavailable: 502,
  internal: 500,
  shutting_down: 503,
  frames_not_ready: 503,
  disk_full: 507,
  uploads_full: 507,
} as const

export type ErrorCode = keyof typeof STATUS_OF
