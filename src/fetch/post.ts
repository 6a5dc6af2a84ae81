import { askOnce } from './answer.ts'
import type { AnswerBody } from './answer-body.ts'
import { retryAfterMsOf } from './answer-headers.ts'
import { AttemptFailure } from './attempt-failure.ts'
import type { ConnectOptions } from './connect.ts'

export interface PostOptions extends Pick<ConnectOptions, 'policy' | 'signal' | 'lookup'> {
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
  /** For everything together, in milliseconds. */
  readonly timeoutMs: number
}

export interface PostAnswer {
  readonly status: number
  /** How long the server wants to be left alone, in milliseconds; 0 where it does not say. */
  readonly retryAfterMs: number
}

/** As much of an answer's body is taken, so that its sender is not cut off, and thrown away. */
const ANSWER_BYTES = 16 * 1024

/**
 * Sends one POST on a connection judged as those of downloads are. A redirect is an answer like any other and not
 * followed: it could lead what was signed for one address to another. Throws `AttemptFailure` when no answer came, a
 * HubError `source_refused` when the policy forbids the address, and the signal's reason when aborted.
 */
export async function post(url: URL, { policy, headers, body, timeoutMs, signal, lookup }: PostOptions): Promise<PostAnswer> {
  signal.throwIfAborted()
  const end = new AbortController()
  const abort = () => end.abort(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  const late = new AttemptFailure(`did not answer within ${timeoutMs / 1000} s`, { again: 'always' })
  const timer = setTimeout(() => end.abort(late), timeoutMs)
  try {
    const answer = await askOnce(url, { ...headers, 'content-length': String(body.length) }, {
      method: 'POST', body, policy, signal: end.signal, lookup, connectTimeoutMs: timeoutMs, headersTimeoutMs: timeoutMs,
    })
    await throwAway(answer.body)
    return { status: answer.status, retryAfterMs: retryAfterMsOf(answer.headers) }
  } catch (error) {
    throw end.signal.aborted ? end.signal.reason : error
  } finally {
    signal.removeEventListener('abort', abort)
    clearTimeout(timer)
  }
}

/** What becomes of it is no matter: the status has come. */
async function throwAway(body: AnswerBody): Promise<void> {
  let taken = 0
  try {
    for await (const chunks of body) {
      taken += chunks.reduce((sum, { length }) => sum + length, 0)
      if (taken > ANSWER_BYTES) break
    }
  } catch {
    // It broke off.
  } finally {
    body.destroy()
  }
}
