import type { HttpBindings } from '@hono/node-server'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import { type Context, Hono } from 'hono'
import { z } from 'zod'
import { HubError } from '../errors.ts'
import { MJPEG_CONTENT_TYPE, type NewestPicture, sendPictures } from '../streams/mjpeg.ts'
import type { Preview } from './preview.ts'
import type { PreviewQuery } from './preview-commands.ts'
import { notReady } from './preview-source.ts'

/** How long a first picture is waited for. */
const FIRST_PICTURE_MS = 15_000

/** What is to be seen of a job: moving pictures that an `<img>` shows, and a still. */
export function previewRoutes({ preview }: { readonly preview: Pick<Preview, 'watch' | 'still'> }): Hono {
  const app = new Hono()

  app.get('/video_feed', (c) => {
    const jobId = c.req.query('job')
    if (!jobId) throw invalid([{ path: 'job', message: 'is missing: it takes the id of a job' }])
    return sendPreview(c, jobId, preview)
  })

  app.get('/api/jobs/:id/preview.mjpeg', (c) => sendPreview(c, c.req.param('id'), preview))

  app.get('/api/jobs/:id/snapshot.jpg', async (c) => {
    const jpeg = await preview.still(c.req.param('id'), readQuery(c), c.req.raw.signal)
    return c.body(new Uint8Array(jpeg), 200, { 'Content-Type': 'image/jpeg', 'Content-Length': String(jpeg.length), ...HEADERS })
  })

  return app
}

const HEADERS = {
  'Cache-Control': 'no-store, no-transform', 'X-Accel-Buffering': 'no', 'X-Content-Type-Options': 'nosniff',
  'Content-Security-Policy': "default-src 'none'; sandbox", 'Access-Control-Allow-Origin': '*',
  'Cross-Origin-Resource-Policy': 'cross-origin',
} as const

async function sendPreview(c: Context, jobId: string, preview: Pick<Preview, 'watch'>): Promise<Response> {
  const query = readQuery(c)
  const { outgoing } = (c.env ?? {}) as Partial<HttpBindings>
  if (!outgoing) throw new HubError('internal', 'Moving pictures are sent over a real connection only')
  const gone = new AbortController()
  outgoing.once('close', () => gone.abort())
  return preview.watch(jobId, query, async (picture) => {
    await untilThere(picture, gone.signal)
    if (gone.signal.aborted) return RESPONSE_ALREADY_SENT
    outgoing.writeHead(200, { 'Content-Type': MJPEG_CONTENT_TYPE, ...HEADERS })
    if (c.req.method !== 'HEAD') await sendPictures(outgoing, picture, { signal: gone.signal })
    outgoing.end()
    return RESPONSE_ALREADY_SENT
  })
}

/** Resolves with nothing there where the viewer has gone. */
async function untilThere(picture: NewestPicture, gone: AbortSignal): Promise<void> {
  try {
    await picture.untilThere(AbortSignal.any([gone, AbortSignal.timeout(FIRST_PICTURE_MS)]))
  } catch (error) {
    if (gone.aborted) return
    throw error instanceof DOMException && error.name === 'TimeoutError' ? notReady() : error
  }
  if (picture.number === 0 && !gone.aborted) throw notReady()
}

const MOST_FPS = 60
const WIDEST = 1920

const querySchema = z.object({
  fps: z.coerce.number().min(0.1).max(MOST_FPS).optional(),
  w: z.coerce.number().int().min(16).max(WIDEST).optional(),
  q: z.coerce.number().int().min(1).max(100).optional(),
  loop: z.enum(['0', '1']).default('0'),
})

function readQuery(c: Context): PreviewQuery {
  const parsed = querySchema.safeParse(c.req.query())
  if (!parsed.success) throw invalid(parsed.error.issues.map(({ path, message }) => ({ path: String(path[0]), message })))
  const { fps, w, q, loop } = parsed.data
  return { fps, width: w, quality: q, isLooped: loop === '1' }
}

function invalid(errors: readonly { readonly path: string; readonly message: string }[]): HubError {
  const allowed = `job takes the id of a job; fps 0.1 to ${MOST_FPS}; w 16 to ${WIDEST} pixels; q 1 to 100; loop 0 or 1`
  return new HubError('invalid_input', allowed, { errors })
}
