import { Hono, type Context } from 'hono'
import { HubError } from '../errors.ts'
import { ANYBODY, type Caller } from './caller.ts'
import { letTheRestGo } from './let-the-rest-go.ts'
import { receiveMultipart } from './multipart.ts'
import { declaredBytes, incomingOf, requestBody } from './request-body.ts'
import type { UnfinishedUploads } from './unfinished-uploads.ts'
import type { UploadStore } from './upload-store.ts'

/** `/api/uploads` */
export function uploadRoutes({ uploads, unfinished, callerOf = () => ANYBODY }: {
  readonly uploads: Pick<UploadStore, 'put' | 'get' | 'remove' | 'limits'>
  /** What comes in over several requests, by `/files`. */
  readonly unfinished: Pick<UnfinishedUploads, 'get' | 'remove'>
  readonly callerOf?: (c: Context) => Caller
}): Hono {
  const app = new Hono()

  app.put('/api/uploads/:name', async (c) => {
    const caller = callerOf(c)
    try {
      const upload = await uploads.put(c.req.param('name'), requestBody(c, caller), { declaredBytes: declaredBytes(c), owner: caller.owner })
      return c.json(upload, 201, { Location: `/api/uploads/${upload.id}` })
    } catch (error) {
      letTheRestGo(incomingOf(c))
      throw error
    }
  })

  app.post('/api/uploads', async (c) => {
    const { files } = await receiveMultipart(c, { uploads, caller: callerOf(c) })
    if (files.length > 0) return c.json({ uploads: files.map(({ field, upload }) => ({ field, ...upload })) }, 201)
    throw new HubError('invalid_input', 'The form holds no file.', {
      hint: 'Send at least one part with a file name, for example curl -F file=@clip.mp4',
      errors: [{ path: 'body', message: 'must hold a file' }],
    })
  })

  app.get('/api/uploads/:id', async (c) => {
    const id = c.req.param('id')
    return c.json(unfinished.get(id) ?? (await uploads.get(id)), 200, { 'Cache-Control': 'no-store' })
  })

  app.delete('/api/uploads/:id', async (c) => {
    const id = c.req.param('id')
    if (!(await unfinished.remove(id))) await uploads.remove(id)
    return c.body(null, 204)
  })

  return app
}
