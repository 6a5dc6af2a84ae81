import { STATUS_CODES } from 'node:http'
import { retryAfterMsOf, type AnswerHeaders } from './answer-headers.ts'

/** Why one attempt at a download failed, told as what the server did, so that its URL can be put before it. */
export class AttemptFailure extends Error {
  override name = 'AttemptFailure'
  /** Whether another attempt makes sense: never, only if some of the file is there already, or in any case. */
  readonly again: 'never' | 'once begun' | 'always'
  readonly hint: string | undefined
  /** How long the server wants to be left alone. */
  readonly pauseMs: number

  constructor(message: string, { again, hint, pauseMs, cause }: AttemptFailureDetails) {
    super(message, { cause })
    this.again = again
    this.hint = hint
    this.pauseMs = pauseMs ?? 0
  }
}

export interface AttemptFailureDetails {
  readonly again: AttemptFailure['again']
  readonly hint?: string | undefined
  readonly pauseMs?: number
  readonly cause?: unknown
}

/** What an error before the answer means: of the resolver, the socket, TLS or the HTTP parser. */
export function failureOfRequest(cause: unknown): AttemptFailure {
  const code = codeOf(cause)
  const known = REQUEST_FAILURES[code]
  if (known !== undefined) return new AttemptFailure(known.message, { ...known, cause })
  const [, message, hint] = CODE_FAMILIES.find(([family]) => family.test(code)) ?? [undefined, 'could not be fetched']
  return new AttemptFailure(`${message} (${code})`, { again: 'once begun', hint, cause })
}

/** What an answer that brings no file means. */
export function failureOfStatus(status: number, headers: AnswerHeaders): AttemptFailure {
  const message = `answered ${status} ${STATUS_CODES[status] ?? ''}`.trimEnd()
  const hint = STATUS_HINTS[status]
  if (status < 500 && status !== 408 && status !== 429) return new AttemptFailure(message, { again: 'never', hint })

  const pauseMs = retryAfterMsOf(headers)
  if (pauseMs <= LONGEST_RETRY_AFTER_MS) return new AttemptFailure(message, { again: 'always', hint, pauseMs })
  const seconds = Math.ceil(pauseMs / 1000)
  return new AttemptFailure(`${message} and asks to come back in ${seconds} s`, { again: 'never', hint })
}

const HINT_CHECK_HOST = 'Check the host and port of the URL, and that the hub can reach them.'

const REQUEST_FAILURES: Readonly<Record<string, AttemptFailureDetails & { readonly message: string }>> = {
  ENOTFOUND: { message: 'has a host name that does not exist', again: 'once begun', hint: 'Check the host of the URL.' },
  EAI_AGAIN: { message: 'has a host name that cannot be looked up', again: 'always' },
  ECONNREFUSED: { message: 'refused the connection', again: 'once begun', hint: HINT_CHECK_HOST },
  EHOSTUNREACH: { message: 'cannot be reached', again: 'once begun', hint: HINT_CHECK_HOST },
  ENETUNREACH: { message: 'cannot be reached', again: 'once begun', hint: HINT_CHECK_HOST },
  HPE_HEADER_OVERFLOW: { message: 'answered with too many headers', again: 'never' },
  ETIMEDOUT: { message: 'did not accept a connection in time', again: 'once begun', hint: HINT_CHECK_HOST },
  ECONNRESET: { message: 'broke the connection before it answered', again: 'always' },
  EPIPE: { message: 'broke the connection before it answered', again: 'always' },
}

const CODE_FAMILIES: readonly (readonly [family: RegExp, message: string, hint?: string])[] = [
  [/CERT|SIGNATURE/, 'has a certificate that is not trusted', 'It must be valid, for this host, and from a public authority.'],
  [/^ERR_SSL|^EPROTO$/, 'does not speak TLS', 'Perhaps the URL should begin with http.'],
  [/^HPE_/, 'does not speak HTTP', 'Perhaps the URL should begin with https, or has the wrong port.'],
]

const STATUS_HINTS: Readonly<Record<number, string>> = {
  401: 'The URL must be readable without logging in, for example a signed one.',
  403: 'The URL must be readable without logging in; a signed one may have expired.',
  404: 'Check the path of the URL.',
  410: 'The file is no longer there.',
}

const LONGEST_RETRY_AFTER_MS = 60_000

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown error'
}
