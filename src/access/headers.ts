import type { IncomingMessage, ServerResponse } from 'node:http'
import type { HttpBindings } from '@hono/node-server'
import type { MiddlewareHandler } from 'hono'
import { HubError } from '../errors.ts'
import type { Access } from './access.ts'

const STRICT = {
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
} as const

/** A job's own address, with its id in it. */
const BY_ID = /^\/(?:api\/(?:jobs|task|batches)\/(?!events$)[^/]+(?:\/|$)|download\/|frames\/|video_feed$)/

const ASKABLE = 'Authorization, Content-Type, Idempotency-Key, If-None-Match, If-Range, Last-Event-ID, Range, Tus-Resumable, Upload-Defer-Length, ' +
  'Upload-Length, Upload-Metadata, Upload-Offset, X-API-Key, X-HTTP-Method-Override, X-Requested-With'

/** What scripts of pages that the operator named may read besides what any may. */
const EXPOSED = 'Location, Retry-After, Tus-Extension, Tus-Max-Size, Tus-Resumable, Tus-Version, Upload-Defer-Length, Upload-Expires, ' +
  'Upload-Length, Upload-Metadata, Upload-Offset'

/**
 * Headers of all that is served, which routes may only set more strictly. Pages of other sites may read what is
 * addressed by a job's id, and do more only where the operator named them; cookies there are none.
 */
export function strictHeaders(access: Access): MiddlewareHandler {
  return async (c, next) => {
    const { incoming, outgoing }: Partial<HttpBindings> = c.env ?? {}
    if (!incoming || !outgoing) return next()
    const { origin } = incoming.headers
    const isById = BY_ID.test(c.req.path)
    const isNamed = origin !== undefined && access.isNamedOrigin(origin)
    setHeaders(outgoing as ServerResponse, { isById, namedOrigin: isNamed ? origin : undefined })
    if (c.req.method === 'OPTIONS' && !asksWhatTusIs(c.req.path, incoming as IncomingMessage)) return c.body(null, 204, answerOptions(incoming as IncomingMessage, { isById, isNamed }))
    await next()
    if (!isById && c.res.headers.has('Access-Control-Allow-Origin')) c.res.headers.delete('Access-Control-Allow-Origin')
  }
}

function setHeaders(response: ServerResponse, { isById, namedOrigin }: { isById: boolean; namedOrigin: string | undefined }): void {
  for (const [name, value] of Object.entries(STRICT)) response.setHeader(name, value)
  response.setHeader('Cross-Origin-Resource-Policy', isById ? 'cross-origin' : 'same-origin')
  if (!isById && namedOrigin === undefined) return
  response.setHeader('Access-Control-Allow-Origin', isById ? '*' : (namedOrigin ?? ''))
  if (isById) return
  response.setHeader('Vary', 'Origin')
  response.setHeader('Access-Control-Expose-Headers', EXPOSED)
}

/** tus says by OPTIONS what it can; a browser that asks whether it may gets the same answer there as elsewhere. */
function asksWhatTusIs(path: string, { headers }: IncomingMessage): boolean {
  return /^\/files(?:\/|$)/.test(path) && headers['access-control-request-method'] === undefined
}

/** A preflight of a page that may not is refused, so that the browser does not send what it asked for. */
function answerOptions({ headers }: IncomingMessage, { isById, isNamed }: { isById: boolean; isNamed: boolean }): Record<string, string> {
  const method = headers['access-control-request-method']
  if (method === undefined) return { Allow: 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS' }
  const isRead = method === 'GET' || method === 'HEAD'
  if (!isNamed && !(isById && isRead)) throw new HubError('origin_refused', 'Pages of other origins may read jobs by their ids, and nothing else here')
  return {
    'Access-Control-Allow-Methods': isNamed ? 'GET, HEAD, POST, PUT, PATCH, DELETE' : 'GET, HEAD', 'Access-Control-Allow-Headers': ASKABLE,
    'Access-Control-Max-Age': '600',
  }
}
