import type { Context } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { asHubError, WAY_TO_AUTHENTICATE } from '../problem.ts'
import { errorPage } from './flask-gif-pages.ts'

/** What is answered in this dialect, refusals in front of the routes too. */
export function isFlaskGifPath(path: string): boolean {
  return /^\/gif$|^\/download\/[^/]+\.(?:gif|webp|png)$/.test(path)
}

/** A page that says what is wrong, or JSON for who asks for it. */
export function answerGifError(c: Context, error: unknown, onInternalError: (error: unknown) => void): Response {
  const known = asHubError(error)
  if (known.code === 'internal') onInternalError(error)
  if (known.retryAfterSeconds !== undefined) c.header('Retry-After', String(known.retryAfterSeconds))
  if (known.code === 'unauthenticated') c.header('WWW-Authenticate', WAY_TO_AUTHENTICATE)
  // Of a single field the message often says all that there is to say.
  const message = [...new Set([known.message, ...(known.errors ?? []).map(({ path, message: text }) => `${path}: ${text}`)])].join('; ')
  const status = known.status as ContentfulStatusCode
  if (wantsJson(c)) return c.json({ status: 'error', error: message, code: known.code, ...(known.hint !== undefined && { hint: known.hint }) }, status)
  return page(c, errorPage({ message, hint: known.hint }), status)
}

export function wantsJson(c: Context): boolean {
  return c.req.query('json') === '1' || /\bapplication\/json\b/.test(c.req.header('accept') ?? '')
}

export function page(c: Context, html: string, status: ContentfulStatusCode = 200): Response {
  return c.html(html, status, { 'Cache-Control': 'no-store', 'Content-Security-Policy': POLICY, 'X-Content-Type-Options': 'nosniff' })
}

/** The hub's own styles and pictures, and a form that goes to the hub. */
const POLICY = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
