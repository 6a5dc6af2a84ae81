import type { IncomingMessage } from 'node:http'
import type { HttpBindings } from '@hono/node-server'
import { Hono, type Context } from 'hono'
import { ANYBODY, type Caller } from './caller.ts'
import { letTheRestGo } from './let-the-rest-go.ts'
import type { UploadStore } from './upload-store.ts'

/** `/api/uploads` */
export function uploadRoutes({ uploads, callerOf = () => ANYBODY }: {
  readonly uploads: Pick<UploadStore, 'put' | 'get' | 'remove'>
  readonly callerOf?: (c: Context) => Caller
}): Hono {
  const app = new Hono()

  app.put('/api/uploads/:name', async (c) => {
    try {
      const upload = await uploads.put(c.req.param('name'), counted(bodyOf(c), callerOf(c)), { declaredBytes: declaredBytes(c) })
      return c.json(upload, 201, { Location: `/api/uploads/${upload.id}` })
    } catch (error) {
      letTheRestGo((c.env as Partial<HttpBindings> | undefined)?.incoming as IncomingMessage | undefined)
      throw error
    }
  })

  app.get('/api/uploads/:id', async (c) => c.json(await uploads.get(c.req.param('id'))))

  app.delete('/api/uploads/:id', async (c) => {
    await uploads.remove(c.req.param('id'))
    return c.body(null, 204)
  })

  return app
}

/** Left early, the body stays open: its connection carries the answer that says why. */
function bodyOf(c: Context): AsyncIterable<Uint8Array> {
  const bindings: Partial<HttpBindings> | undefined = c.env
  if (bindings?.incoming !== undefined) return bindings.incoming.iterator({ destroyOnReturn: false })
  return c.req.raw.body?.values({ preventCancel: true }) ?? nothing()
}

async function* counted(body: AsyncIterable<Uint8Array>, caller: Caller): AsyncGenerator<Uint8Array> {
  for await (const chunk of body) {
    caller.takeBytes(chunk.length)
    yield chunk
  }
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

function declaredBytes(c: Context): number | undefined {
  const header = c.req.header('content-length')
  return header === undefined ? undefined : Number(header)
}
