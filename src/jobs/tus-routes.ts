import { Hono, type Context } from 'hono'
import { HubError } from '../errors.ts'
import { ANYBODY, type Caller } from './caller.ts'
import { letTheRestGo } from './let-the-rest-go.ts'
import { declaredBytes, incomingOf, requestBody } from './request-body.ts'
import { parseUploadMetadata } from './tus-metadata.ts'
import type { Addition, ShownUnfinished, UnfinishedUploads } from './unfinished-uploads.ts'
import type { Upload, UploadStore } from './upload-store.ts'

const VERSION = '1.0.0'
const EXTENSIONS = 'creation,creation-with-upload,creation-defer-length,expiration,termination'
const BYTES = 'application/offset+octet-stream'

/**
 * `/files`: uploads that go on where they broke off, by tus 1.0.0 (https://tus.io/protocols/resumable-upload) with
 * the extensions named above. The upload is the one that `/api/uploads/:id` shows.
 */
export function tusRoutes({ uploads, unfinished, callerOf = () => ANYBODY }: {
  readonly uploads: Pick<UploadStore, 'get' | 'metadataOf' | 'remove' | 'limits'>
  readonly unfinished: UnfinishedUploads
  readonly callerOf?: (c: Context) => Caller
}): Hono {
  const app = new Hono()

  app.use('/files/:id?', async (c, next) => {
    c.header('Tus-Resumable', VERSION)
    if (c.req.method === 'OPTIONS') {
      return c.body(null, 204, {
        Allow: 'POST, GET, HEAD, PATCH, DELETE, OPTIONS', 'Tus-Version': VERSION, 'Tus-Extension': EXTENSIONS, 'Tus-Max-Size': String(uploads.limits.maxBytes),
      })
    }
    if (c.req.method !== 'GET' && c.req.header('tus-resumable') !== VERSION) {
      c.header('Tus-Version', VERSION)
      letTheRestGo(incomingOf(c))
      throw new HubError('version_unsupported', `This speaks tus ${VERSION} only`, {
        hint: `Send "Tus-Resumable: ${VERSION}"; PUT /api/uploads/NAME takes a file without any of this`,
      })
    }
    return next()
  })

  app.post('/files', async (c) => {
    try {
      const { owner } = callerOf(c)
      const metadata = c.req.header('upload-metadata')
      const named = parseUploadMetadata(metadata ?? '')
      const size = readLength(c) ?? null
      const isWithBytes = c.req.header('content-type') === BYTES
      if (!isWithBytes && (declaredBytes(c) ?? 0) > 0) throw notBytes()
      const created = await unfinished.create({ name: named.get('filename') ?? named.get('name') ?? 'upload', size, owner, metadata })
      if (isWithBytes) await appendFirst(c, created)
      const upload = unfinished.get(created.id) ?? (await uploads.get(created.id))
      tellState(c, upload)
      return c.json(upload, 201, { Location: `/files/${upload.id}` })
    } catch (error) {
      letTheRestGo(incomingOf(c))
      throw error
    }
  })

  // Of HEAD, which clients ask, the framework leaves out the body.
  app.get('/files/:id', async (c) => {
    const id = c.req.param('id')
    const upload = (await unfinished.settle(id)) ?? (await uploads.get(id))
    tellState(c, upload)
    if ('received' in upload && upload.size === null) c.header('Upload-Defer-Length', '1')
    else c.header('Upload-Length', String(upload.size))
    const metadata = unfinished.metadataOf(id) ?? (await uploads.metadataOf(id).catch(() => undefined))
    if (metadata !== undefined) c.header('Upload-Metadata', metadata)
    return c.json(upload, 200, { 'Cache-Control': 'no-store' })
  })

  app.patch('/files/:id', patch)
  app.delete('/files/:id', remove)

  // For those whose network lets neither through.
  app.post('/files/:id', (c) => {
    const method = c.req.header('x-http-method-override')
    if (method === 'PATCH') return patch(c)
    if (method === 'DELETE') return remove(c)
    throw new HubError('method_not_allowed', 'Bytes are added with PATCH', { hint: 'Where that is not let through: POST with "X-HTTP-Method-Override: PATCH"' })
  })

  async function patch(c: Context): Promise<Response> {
    try {
      const id = c.req.param('id') ?? ''
      if (c.req.header('content-type') !== BYTES) throw notBytes()
      const offset = readCount(c, 'Upload-Offset')
      if (offset === undefined) throw missing('Upload-Offset')
      const addition = { offset, size: readLength(c, { mayBeMissing: true }), stream: requestBody(c, callerOf(c)), declaredBytes: declaredBytes(c) }
      if (!(await unfinished.append(id, addition))) assertNothingToAdd(addition, await uploads.get(id))
      tellState(c, unfinished.get(id) ?? (await uploads.get(id)))
      return c.body(null, 204)
    } catch (error) {
      letTheRestGo(incomingOf(c))
      throw error
    }
  }

  async function remove(c: Context): Promise<Response> {
    const id = c.req.param('id') ?? ''
    if (!(await unfinished.remove(id))) await uploads.remove(id)
    return c.body(null, 204)
  }

  /** Who did not get the address of the upload could not go on with it. */
  async function appendFirst(c: Context, { id }: ShownUnfinished): Promise<void> {
    try {
      await unfinished.append(id, { offset: 0, stream: requestBody(c, callerOf(c)), declaredBytes: declaredBytes(c) })
    } catch (error) {
      await unfinished.remove(id)
      throw error
    }
  }

  return app
}

function tellState(c: Context, upload: ShownUnfinished | Upload): void {
  c.header('Upload-Offset', String('received' in upload ? upload.received : upload.size))
  c.header('Upload-Expires', new Date(upload.expires_at).toUTCString())
}

/** The answer to its last bytes may have been lost. */
function assertNothingToAdd({ offset, declaredBytes = 0 }: Addition, { size }: Upload): void {
  if (offset === size && declaredBytes === 0) return
  throw new HubError('upload_conflict', 'The upload is whole', { errors: [{ path: 'Upload-Offset', message: `is ${size}, which is the end` }] })
}

/** undefined where it is to come later. */
function readLength(c: Context, { mayBeMissing = false } = {}): number | undefined {
  const length = readCount(c, 'Upload-Length')
  if (length !== undefined || mayBeMissing || c.req.header('upload-defer-length') === '1') return length
  throw missing('Upload-Length')
}

function readCount(c: Context, name: string): number | undefined {
  const text = c.req.header(name)
  if (text === undefined) return undefined
  if (/^\d{1,15}$/.test(text)) return Number(text)
  throw new HubError('invalid_input', `${name} takes a number of bytes`, { errors: [{ path: name, message: 'must be a whole number' }] })
}

function missing(name: string): HubError {
  return new HubError('invalid_input', `${name} is missing`, {
    ...(name === 'Upload-Length' && { hint: 'Send the bytes in all, or "Upload-Defer-Length: 1" and the length with a later PATCH' }),
    errors: [{ path: name, message: 'is missing' }],
  })
}

function notBytes(): HubError {
  return new HubError('unsupported_media_type', `Bytes are sent with Content-Type: ${BYTES}`, { errors: [{ path: 'Content-Type', message: `must be ${BYTES}` }] })
}
