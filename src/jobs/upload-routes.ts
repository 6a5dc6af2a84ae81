import type { HttpBindings } from '@hono/node-server'
import { Hono, type Context } from 'hono'
import type { UploadStore } from './upload-store.ts'

/** How long the body of an upload that has been refused may still come. */
const LINGER_MS = 10_000

/** `/api/uploads` */
export function uploadRoutes({ uploads }: { readonly uploads: Pick<UploadStore, 'put' | 'get' | 'remove'> }): Hono {
  const app = new Hono()

  app.put('/api/uploads/:name', async (c) => {
    try {
      const upload = await uploads.put(c.req.param('name'), bodyOf(c), { declaredBytes: declaredBytes(c) })
      return c.json(upload, 201, { Location: `/api/uploads/${upload.id}` })
    } catch (error) {
      letTheRestGo(c)
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

/**
 * A connection closed while its body still comes is reset, and the answer in it lost to a client that writes first and
 * reads then: what is left is taken and thrown away, for a while.
 */
function letTheRestGo(c: Context): void {
  const { incoming }: Partial<HttpBindings> = c.env ?? {}
  if (!incoming || incoming.complete) return
  const timer = setTimeout(() => incoming.destroy(), LINGER_MS).unref()
  incoming.once('close', () => clearTimeout(timer))
  incoming.resume()
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

function declaredBytes(c: Context): number | undefined {
  const header = c.req.header('content-length')
  return header === undefined ? undefined : Number(header)
}
