import type { HttpBindings } from '@hono/node-server'
import { type Context, Hono } from 'hono'
import { z } from 'zod'
import { HubError } from '../errors.ts'
import { sendFramePack } from '../jobs/frame-routes.ts'
import type { FrameStore } from '../jobs/frame-store.ts'
import type { Job } from '../jobs/job.ts'
import type { Jobs } from '../jobs/jobs.ts'
import { readJson } from '../jobs/read-json.ts'
import type { WantedFrame } from '../jobs/frame-requests.ts'
import { answerGmapiError } from './gmapi-errors.ts'
import { fromLuaBytes, invalid, list } from './gmapi-requests.ts'

/** Frames that are coming are waited for this long; the players give a request 2 or 3 seconds. */
const WAIT_MS = 1500
/** ComputerCraft takes no larger answer unless its configuration says so. */
const PACK_BYTES = 16 * 1024 * 1024
const MOST_FRAMES = 2000

const videoRequest = z.object({
  video_url: z.string({ error: 'is missing' }).min(1, 'is empty').transform(fromLuaBytes),
  w: z.number().optional(),
  h: z.number().optional(),
  fps: z.number().optional(),
  force_resolution: z.boolean().default(false),
  pad_to_target: z.boolean().default(false),
})

const packRequest = z.object({ urls: list.transform((urls) => urls.slice(0, MOST_FRAMES + 1)) })

export interface GmapiFramesContext {
  readonly jobs: Jobs
  readonly frames: FrameStore
  readonly baseUrl: (c: Context) => string
  readonly submit: (c: Context, tool: string, input: unknown) => Promise<Job>
  readonly onInternalError: (path: string, cause: unknown) => void
}

/** The part of GMapiServer's dialect that its video player speaks. */
export function gmapiFrameRoutes({ jobs, frames, baseUrl, submit, onInternalError }: GmapiFramesContext): Hono<{ Bindings: HttpBindings }> {
  const app = new Hono<{ Bindings: HttpBindings }>()
  app.onError((error, c) => answerGmapiError(c, error, (cause) => onInternalError(c.req.path, cause)))

  app.post('/api/video_frame/async', async (c) => {
    const parsed = videoRequest.safeParse(await readJson(c, { requireType: false }))
    if (!parsed.success) throw invalid(parsed.error, 'The body takes video_url, w, h, fps, force_resolution and pad_to_target')
    const { video_url: source, w, h, fps, force_resolution, pad_to_target } = parsed.data
    const fit = force_resolution ? 'stretch' : pad_to_target ? 'pad' : 'contain'
    const job = await submit(c, 'video_frame', { source, fit, ...(w !== undefined && { width: w }), ...(h !== undefined && { height: h }), ...(fps !== undefined && { fps }) })
    return c.json({ status: 'success', task_id: job.id, status_url: `${baseUrl(c)}/api/task/${job.id}` })
  })

  // The query is junk that makes the request's URL one of its own for ComputerCraft's events.
  app.post('/api/framepack', async (c) => {
    const parsed = packRequest.safeParse(await readJson(c, { requireType: false }))
    if (!parsed.success) throw invalid(parsed.error, 'The body takes urls, a list of /frames/ID/frame_000001.png')
    if (parsed.data.urls.length > MOST_FRAMES) throw new HubError('invalid_input', `At most ${MOST_FRAMES} frames go into one pack`)
    return sendFramePack(c, { jobs, frames }, { wanted: parsed.data.urls.map(parseFrameUrl), waitMs: WAIT_MS, maxBytes: PACK_BYTES })
  })

  return app
}

/** What the player reads while the job runs, and only once: frames so far, their number in all, and the sound. */
export function toFramesResult({ id, status, result, artifacts }: Job) {
  const current = Number(result['current_frames'] ?? 0)
  const urlOf = (name: string) => artifacts.some((artifact) => artifact.name === name) ? `/download/${id}/${name}` : undefined
  const audioUrls = {
    audio_dfpwm_url: urlOf('audio.dfpwm'), audio_dfpwm_left_url: urlOf('audio_left.dfpwm'), audio_dfpwm_right_url: urlOf('audio_right.dfpwm'),
  }
  return {
    ...(current > 0 && {
      // The player waits for 200 frames and never looks at the status: a shorter video would keep it waiting for ever.
      // It asks only for frames up to total_frames - 10, and those there are.
      current_frames: status === 'completed' ? Math.max(current, 200) : current,
      total_frames: Number(result['total_frames'] ?? current),
      fps: result['fps'],
    }),
    // No object without sound in it: the player's speaker library stops with an error at an empty one.
    ...(audioUrls.audio_dfpwm_url !== undefined && { audio_urls: audioUrls }),
  }
}

function parseFrameUrl(url: string): WantedFrame {
  const path = URL.canParse(url) ? new URL(url).pathname : url
  const match = /^\/frames\/([A-Za-z0-9_-]{1,64})\/(?:frame_)?(\d{1,6})\.(?:png|jpg|jpeg|webp|raw)$/.exec(path)
  if (match) return { jobId: match[1]!, number: Number(match[2]) }
  throw new HubError('invalid_input', `"${url.slice(0, 60)}" is no frame`, { hint: 'A frame is /frames/ID/frame_000001.png' })
}
