/**
 * What the hub answered when it could not or would not do what was asked: its problem+json, or what a proxy in
 * between said instead. `code` is stable; `detail` is for a person.
 */
export class HubProblem extends Error {
  override name = 'HubProblem'
  readonly status: number
  /** The hub's own code, or `http` where the answer was not the hub's. */
  readonly code: string
  readonly detail: string
  readonly hint: string | undefined
  readonly errors: readonly FieldProblem[]
  /** How long the hub asks to be left alone. */
  readonly retryAfterMs: number | undefined

  constructor(status: number, problem: ProblemFields) {
    super(problem.detail)
    this.status = status
    this.code = problem.code
    this.detail = problem.detail
    this.hint = problem.hint
    this.errors = problem.errors ?? []
    this.retryAfterMs = problem.retryAfterMs
  }

  /** Whether the same request may well succeed a little later. */
  get passes(): boolean {
    return this.code === 'http' ? PASSING_STATUS.has(this.status) : PASSING_CODE.has(this.code)
  }
}

/** No answer at all: nobody listens, the connection broke, or it took too long. */
export class HubUnreachableError extends Error {
  override name = 'HubUnreachableError'

  constructor(url: string, cause: unknown) {
    super(`the hub at ${url} does not answer${reasonOf(cause)}`, { cause })
  }
}

export interface FieldProblem {
  readonly path: string
  readonly message: string
}

export interface ProblemFields {
  readonly code: string
  readonly detail: string
  readonly hint?: string | undefined
  readonly errors?: readonly FieldProblem[] | undefined
  readonly retryAfterMs?: number | undefined
}

/** Reads the problem out of an answer that is not 2xx; whatever its body is, there is a problem to throw. */
export async function readProblem(response: Response): Promise<HubProblem> {
  const retryAfterMs = parseRetryAfter(response.headers.get('retry-after'))
  const body = isJson(response) ? await response.json().catch(() => null) as unknown : await discard(response)
  const fields = typeof body === 'object' && body !== null ? body as Readonly<Record<string, unknown>> : {}
  const detail = textOf(fields.detail) ?? textOf(fields.title)
  return new HubProblem(response.status, {
    code: textOf(fields.code) ?? 'http',
    detail: detail ?? `HTTP ${response.status} ${response.statusText}`.trim(),
    hint: textOf(fields.hint),
    errors: Array.isArray(fields.errors) ? fields.errors.filter(isFieldProblem) : [],
    retryAfterMs,
  })
}

const PASSING_CODE: ReadonlySet<string> = new Set(['queue_full', 'rate_limited', 'too_many_connections', 'shutting_down', 'frames_not_ready'])
const PASSING_STATUS: ReadonlySet<number> = new Set([408, 425, 429, 502, 503, 504])

function isJson(response: Response): boolean {
  return /^application\/(problem\+)?json\b/i.test(response.headers.get('content-type') ?? '')
}

async function discard(response: Response): Promise<null> {
  await response.body?.cancel().catch(() => undefined)
  return null
}

/** Seconds, or an HTTP date. */
function parseRetryAfter(value: string | null): number | undefined {
  if (value === null) return undefined
  const seconds = Number(value)
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1000)
  const date = Date.parse(value)
  return Number.isNaN(date) ? undefined : Math.max(0, date - Date.now())
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

function isFieldProblem(value: unknown): value is FieldProblem {
  return typeof value === 'object' && value !== null
    && 'path' in value && typeof value.path === 'string' && 'message' in value && typeof value.message === 'string'
}

/** Node's fetch keeps what really happened one level down. */
function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return ''
  const inner = cause.cause instanceof Error ? cause.cause : cause
  const code = 'code' in inner && typeof inner.code === 'string' ? inner.code : undefined
  return ` (${code ?? (inner.message || inner.name)})`
}
