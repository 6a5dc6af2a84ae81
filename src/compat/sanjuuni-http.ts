import type { HttpBindings } from '@hono/node-server'
import { type Context, Hono } from 'hono'
import { HubError } from '../errors.ts'
import { type SanjuuniPlayerContext, SanjuuniVideo, soundStart } from './sanjuuni-player.ts'

/** Less than the 30 s that ComputerCraft gives a request. */
const WAIT_MS = 25_000
const HEADERS = { 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff' }

export interface SanjuuniHttpContext extends SanjuuniPlayerContext {
  /** The source of a program that plays the job, for `wget run`. */
  readonly player: (c: Context<{ Bindings: HttpBindings }>, jobId: string) => Promise<string>
}

/** The HTTP server that sanjuuni opens with `--http`, for each job below its own path. */
export function sanjuuniHttpRoutes(context: SanjuuniHttpContext): Hono<{ Bindings: HttpBindings }> {
  const app = new Hono<{ Bindings: HttpBindings }>()

  app.on('GET', ['/api/jobs/:id/sanjuuni', '/api/jobs/:id/sanjuuni/'], async (c) => {
    const id = c.req.param('id')!
    new SanjuuniVideo(id, context)
    return c.body(await context.player(c, id), 200, { ...HEADERS, 'Content-Type': 'text/x-lua' })
  })

  app.get('/api/jobs/:id/sanjuuni/info', (c) => {
    const video = new SanjuuniVideo(c.req.param('id'), context)
    return c.json({ length: video.length, fps: video.framesPerSecond }, 200, HEADERS)
  })

  app.get('/api/jobs/:id/sanjuuni/video/:number', async (c) => {
    const video = new SanjuuniVideo(c.req.param('id'), context)
    const index = readIndex(c.req.param('number'))
    const late = AbortSignal.timeout(WAIT_MS)
    const source = await video.frame(index, AbortSignal.any([c.req.raw.signal, late])).catch((error: unknown) => {
      if (error !== late.reason) throw error
      throw new HubError('frames_not_ready', `Frame ${index} is not there yet`, { hint: 'Ask again in a moment', retryAfterSeconds: 1 })
    })
    if (source === undefined) throw new HubError('frame_not_found', `The video has no frame ${index}`)
    return c.body(new Uint8Array(source), 200, { ...HEADERS, 'Content-Type': 'text/x-lua' })
  })

  app.get('/api/jobs/:id/sanjuuni/audio/:number', async (c) => {
    const video = new SanjuuniVideo(c.req.param('id'), context)
    const second = readIndex(c.req.param('number'))
    const sound = await video.sound(soundStart(second))
    if (!sound) throw new HubError('artifact_not_found', `The video has no sound at second ${second}`)
    return c.body(new Uint8Array(sound), 200, { ...HEADERS, 'Content-Type': 'application/octet-stream' })
  })

  return app
}

function readIndex(text: string): number {
  if (/^\d{1,7}$/.test(text)) return Number(text)
  throw new HubError('invalid_input', `"${text.slice(0, 20)}" is no number`, { hint: 'Frames and seconds are counted from 0' })
}
