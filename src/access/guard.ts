import type { IncomingMessage, ServerResponse } from 'node:http'
import type { HttpBindings } from '@hono/node-server'
import type { Context, MiddlewareHandler } from 'hono'
import { HubError } from '../errors.ts'
import { ANYBODY } from '../jobs/caller.ts'
import { letTheRestGo } from '../jobs/let-the-rest-go.ts'
import type { Access, HubCaller } from './access.ts'
import { SCOPES, type Scope } from './policy.ts'

/** Stands in front of every route: lets through who may, and says who it is. */
export function guard(access: Access): MiddlewareHandler {
  return async (c, next) => {
    const { incoming, outgoing }: Partial<HttpBindings> = c.env ?? {}
    if (incoming && outgoing) {
      try {
        c.set('caller', check(access, { request: incoming as IncomingMessage, response: outgoing as ServerResponse, method: c.req.method, path: c.req.path }))
      } catch (error) {
        letTheRestGo(incoming as IncomingMessage)
        throw error
      }
    }
    await next()
  }
}

/** Who asks. Without a socket below it a request comes from this process itself. */
export function callerOf(c: Context): HubCaller {
  return c.get('caller') ?? { ...ANYBODY, name: 'this process', scopes: SCOPES, account: undefined }
}

interface Asked {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly method: string
  /** As the routes see it. */
  readonly path: string
}

function check(access: Access, { request, response, method, path }: Asked): HubCaller {
  assertPlainPath(request.url ?? '')
  assertOneHost(request)
  const caller = access.identify(request)
  const scope = scopeFor(method, path)
  if (scope === undefined) holdPlace(access, caller, { request, response, path })
  else {
    access.assertOrigin(request)
    access.assertMay(caller, scope)
    if (scope === 'submit') checkWrite(access, caller, { request, method, path })
    else holdPlace(access, caller, { request, response, path })
  }
  return caller
}

/** undefined: who knows the id of a job may read all about it, and what tells of no job is for all. */
export function scopeFor(method: string, path: string): Scope | undefined {
  if (path === FEED || path === '/metrics' || path.startsWith('/api/webhooks')) return 'admin'
  // To HEAD too, which ends the request that still sends.
  if (path.startsWith('/files/') && method !== 'OPTIONS') return 'submit'
  if (method === 'GET' || method === 'HEAD') return LISTS.test(path) ? 'read' : undefined
  return path === '/api/framepack' || method === 'OPTIONS' ? undefined : 'submit'
}

function checkWrite(access: Access, caller: HubCaller, { request, method, path }: Pick<Asked, 'request' | 'method' | 'path'>): void {
  const changes = CHANGES.test(path)
  if (method === 'POST' && changes && !/^(?:application\/json\b.*)?$/i.test(request.headers['content-type'] ?? '')) {
    throw new HubError('unsupported_media_type', 'This takes no body, or one that is JSON', { hint: 'Send it with Content-Type: application/json' })
  }
  if ((method === 'POST' && !path.endsWith('/cancel') && !path.startsWith('/files/') && !PLAN.test(path)) || method === 'PUT') access.countSubmit(caller)
}

/** Makes nothing: it is asked at every change of a form. */
const PLAN = /^\/api\/tools\/[^/]+\/plan$/
const CHANGES = /^\/api\/(?:jobs|batches)\/[^/]+\/(?:cancel|retry)$/

/** What tells of more than the one job whose id is known. */
const LISTS = /^\/api\/(?:jobs|tasks|batches|v1\/(?:tasks|musics|video_materials))$|^(?:\/api\/v1)?\/get_queue_status$/

/** Of all jobs. */
const FEED = '/api/jobs/events'

/** What stays open while it is read: SSE, long polls, moving pictures. */
const FOLLOWING = /^\/api\/(?:jobs|task|batches)\/([^/]+)\/(?:events|preview\.mjpeg|framepack)$|^\/(?:video_feed|api\/jobs\/events)$/

function holdPlace(access: Access, caller: HubCaller, { request, response, path }: Omit<Asked, 'method'>): void {
  const following = FOLLOWING.exec(path)
  if (!following) return
  const { socket } = request
  const giveBack = access.enter(caller, following[1] ?? new URL(request.url ?? '', 'http://hub').searchParams.get('job') ?? undefined)
  const letGo = path === FEED ? access.hold(caller, () => socket.destroy()) : () => undefined
  const leave = () => {
    socket.off('close', leave)
    giveBack()
    letGo()
  }
  response.once('close', leave)
  // Of a connection that ends while an earlier request on it is still being answered, the response is never told.
  socket.once('close', leave)
}

/** Before anything is decoded: what would be read as one path here and as another one there. */
function assertPlainPath(url: string): void {
  const path = url.split('?', 1)[0] ?? ''
  const isTwisted = /^(?!\/)|^\/\/|\\|%00/.test(path) || (/^\/(?:download|frames|cc)\//.test(path) && /%2f|%5c|\/\//i.test(path))
  if (isTwisted) throw new HubError('invalid_input', 'The path holds what no path here does', { hint: 'Begin it with one /, and leave out //, backslashes, and %2f, %5c and %00' })
}

/** RFC 9112, 3.2. Who stands in front of the hub may have gone by the other one. */
function assertOneHost({ rawHeaders }: IncomingMessage): void {
  const count = rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === 'host').length
  if (count > 1) throw new HubError('invalid_input', 'The request has more than one Host', { hint: 'Send one' })
}
