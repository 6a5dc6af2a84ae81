import type { Context } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { HubError } from '../errors.ts'
import { asHubError, WAY_TO_AUTHENTICATE } from '../problem.ts'

/** An error as FastAPI tells it. */
export class DetailError extends HubError {
  override name = 'DetailError'
  readonly detail: string | readonly object[]
  readonly #status: 400 | 404 | 422

  constructor(status: 400 | 404 | 422, detail: string | readonly object[]) {
    super(status === 404 ? 'job_not_found' : 'invalid_input', typeof detail === 'string' ? detail : 'The request lacks what it needs')
    this.#status = status
    this.detail = detail
  }

  override get status(): 400 | 404 | 422 {
    return this.#status
  }
}

/** What Pydantic says of a field that was not sent. */
export function missingField(place: 'body' | 'query', name: string): DetailError {
  return new DetailError(422, [{ type: 'missing', loc: [place, name], msg: 'Field required', input: null }])
}

/** An error in the dialect's shape. */
export function answerSoraError(c: Context, error: unknown, onInternalError: (error: unknown) => void): Response {
  if (error instanceof DetailError) return c.json({ detail: error.detail }, error.status)
  const known = asHubError(error)
  if (known.code === 'internal') onInternalError(error)
  if (known.retryAfterSeconds !== undefined) c.header('Retry-After', String(known.retryAfterSeconds))
  if (known.code === 'unauthenticated') c.header('WWW-Authenticate', WAY_TO_AUTHENTICATE)
  const detail = known.errors?.map(({ path, message }) => `${path}: ${message}`).join('; ') ?? known.message
  return c.json({ detail, code: known.code, ...(known.hint !== undefined && { hint: known.hint }) }, known.status as ContentfulStatusCode)
}

/** What is answered in this dialect, refusals in front of the routes too. */
export function isSoraPath(path: string): boolean {
  return /^(?:\/api\/v1)?\/(?:submit_remove_task|get_results|get_queue_status|cancel_tasks|download_batch_zip)$|^\/download\/[^/]+$/.test(path)
}
