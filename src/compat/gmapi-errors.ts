import type { Context } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { asHubError, WAY_TO_AUTHENTICATE } from '../problem.ts'

const PHRASE_CHARACTERS = 120

/** An error in the dialect's shape. `message` is what some clients read, `error` what the others do. */
export function answerGmapiError(c: Context, error: unknown, onInternalError: (error: unknown) => void): Response {
  const known = asHubError(error)
  if (known.code === 'internal') onInternalError(error)
  if (known.retryAfterSeconds !== undefined) c.header('Retry-After', String(known.retryAfterSeconds))
  if (known.code === 'unauthenticated') c.header('WWW-Authenticate', WAY_TO_AUTHENTICATE)
  const detail = known.errors?.[0]
  const text = detail && !known.message.includes(detail.message) ? `${known.message} (${detail.path}: ${detail.message})` : known.message
  setReasonPhrase(c, text)
  return c.json({ status: 'error', error: text, message: text, code: known.code, ...(known.hint !== undefined && { hint: known.hint }) }, known.status as ContentfulStatusCode)
}

/** What is answered in this dialect, refusals in front of the routes too. */
export function isGmapiPath(path: string): boolean {
  return /^\/api\/(?:(?:ffmpeg|sanjuuni|video_frame)(?:\/async)?|tasks?(?:\/[^/]+)?|framepack)$|^\/download\//.test(path)
}

/** ComputerCraft shows a program nothing of a 4xx or 5xx but the reason phrase: it is what the player reads. */
export function setReasonPhrase(c: Context, text: string): void {
  const { outgoing } = (c.env ?? {}) as { outgoing?: { statusMessage: string } }
  if (outgoing) outgoing.statusMessage = text.replace(/[^\x20-\x7e]+/g, '?').slice(0, PHRASE_CHARACTERS)
}
