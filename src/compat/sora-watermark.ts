import type { HttpBindings } from '@hono/node-server'
import { type Context, Hono } from 'hono'
import { z } from 'zod'
import { HubError } from '../errors.ts'
import type { ArtifactStore } from '../jobs/artifact-store.ts'
import type { Caller } from '../jobs/caller.ts'
import type { HandOver } from '../jobs/hand-over.ts'
import { type Artifact, hasEnded, type Job, type JobStatus } from '../jobs/job.ts'
import type { Jobs } from '../jobs/jobs.ts'
import { receiveMultipart } from '../jobs/multipart.ts'
import { readJson } from '../jobs/read-json.ts'
import { serveFile } from '../jobs/serve-file.ts'
import { serveZip } from '../jobs/serve-zip.ts'
import type { UploadStore } from '../jobs/upload-store.ts'
import { answerSoraError, DetailError, missingField } from './sora-watermark-errors.ts'

export interface SoraWatermarkContext {
  readonly jobs: Jobs
  readonly artifacts: ArtifactStore
  readonly uploads: UploadStore
  readonly handOver: HandOver | undefined
  readonly callerOf: (c: Context) => Caller
  readonly logger: { error(event: string, fields: Readonly<Record<string, unknown>>): void }
}

const TOOL = 'watermark'
/** What the newer form can be asked to clean with; here it is all the same. */
const CLEANERS = ['lama', 'e2fgvi_hq']
/** As many as the forks that have it put into one archive. */
const MOST_ZIPPED = 20
const cancelRequest = z.object({ task_ids: z.array(z.string()).max(1000) })

/** The older form has no prefix, and does not tell that a task waits. */
type Form = '' | '/api/v1'

/**
 * SoraWatermarkCleaner's dialect: its tasks are our watermark jobs, which find what stays and fill it in. Translates both
 * ways and decides nothing.
 */
export function soraWatermarkRoutes({ jobs, artifacts, uploads, handOver, callerOf, logger }: SoraWatermarkContext): Hono<{ Bindings: HttpBindings }> {
  const app = new Hono<{ Bindings: HttpBindings }>()
  app.onError((error, c) => answerSoraError(c, error, (cause) => logger.error('sora_watermark.internal_error', { path: c.req.path, error: cause })))

  for (const form of ['', '/api/v1'] as const) {
    app.post(`${form}/submit_remove_task`, async (c) => {
      checkCleaner(c.req.query('cleaner_type'))
      const source = await receiveVideo(c, { uploads, caller: callerOf(c) })
      const job = await jobs.submit({ tool: TOOL, input: { source, mode: 'remove', container: 'mp4' }, caller: callerOf(c) })
      return c.json({ task_id: job.id, message: 'Task submitted.' })
    })

    app.get(`${form}/get_results`, (c) => {
      // Its documentation names the one, its program the other.
      const id = c.req.query('remove_task_id') ?? c.req.query('task_id')
      if (id === undefined) throw missingField('query', 'remove_task_id')
      return c.json(toResult(taskOf(jobs, id) ?? unknownTask(), form), 200, { 'Cache-Control': 'no-store' })
    })

    app.get(`${form}/get_queue_status`, (c) => {
      const { reach, owner } = callerOf(c)
      const asked = { tool: TOOL, limit: 100, owner: reach === 'own' ? owner ?? '' : undefined }
      const [running, waiting] = (['running', 'queued'] as const).map((status) => jobs.list({ ...asked, statuses: [status] }).jobs) as [readonly Job[], readonly Job[]]
      return c.json({
        summary: { is_busy: running.length > 0, queue_length: waiting.length, total_active: running.length + waiting.length },
        current_task_id: running.at(-1)?.id ?? null,
        waiting_queue: [...waiting].reverse().map((job) => ({
          id: job.id, status: STATUS[form][job.status], percentage: 0, video_path: job.name ?? '', created_at: new Date(job.created_at).toISOString(),
        })),
      }, 200, { 'Cache-Control': 'no-store' })
    })

    app.post(`${form}/cancel_tasks`, async (c) => {
      const parsed = cancelRequest.safeParse(await readJson(c, { requireType: false }))
      if (!parsed.success) throw missingField('body', 'task_ids')
      let cancelled = 0
      for (const id of parsed.data.task_ids) {
        const job = taskOf(jobs, id)
        if (!job || hasEnded(job.status)) continue
        jobs.assertMayChange(id, callerOf(c))
        if ((await jobs.cancel(id)).status === 'cancelled') cancelled++
      }
      return c.json({ cancelled })
    })

    app.get(`${form}/download_batch_zip`, (c) => {
      const asked = c.req.query('tasks')
      if (asked === undefined) throw missingField('query', 'tasks')
      const found = [...new Set(asked.split(',').map((id) => id.trim()).filter((id) => id !== ''))]
      if (found.length > MOST_ZIPPED) throw new DetailError(422, [{ type: 'too_long', loc: ['query', 'tasks'], msg: `List should have at most ${MOST_ZIPPED} items`, input: asked }])
      // Each is known, as with a download of one; what is not done yet is left out.
      const zipped = found.map((id) => taskOf(jobs, id) ?? unknownTask()).flatMap((job) => {
        const video = videoOf(job)
        return job.status === 'completed' && video ? [{ name: fileName(job), job, artifact: video }] : []
      })
      return serveZip(c, zipped, { store: artifacts, filename: 'cleaned_videos.zip' })
    })

    app.get(`${form}/download/:id`, (c, next) => {
      const job = taskOf(jobs, c.req.param('id'))
      // Below /api/v1 another dialect has downloads of its own.
      if (!job) return form === '' ? unknownTask() : next()
      if (job.status !== 'completed') throw new DetailError(400, `Task not finish yet: ${STATUS[form][job.status]}`)
      const video = videoOf(job)
      if (!video) throw new DetailError(404, OUTPUT_GONE)
      return serveFile(c, { ...artifacts.served(job, video.name), filename: fileName(job) }, { handOver, disposition: 'attachment' })
        .catch((error: unknown) => {
          throw error instanceof HubError && error.code === 'artifact_not_found' ? new DetailError(404, OUTPUT_GONE) : error
        })
    })
  }
  return app
}

// As it is spelled there.
const OUTPUT_GONE = 'Output file does not exits'

function checkCleaner(asked: string | undefined): void {
  if (asked === undefined || CLEANERS.includes(asked)) return
  const expected = CLEANERS.map((name) => `'${name}'`).join(' or ')
  throw new DetailError(422, [{ type: 'enum', loc: ['query', 'cleaner_type'], msg: `Input should be ${expected}`, input: asked, ctx: { expected } }])
}

/** Streams the form's video to the disk. Resolves to it as a source. */
async function receiveVideo(c: Context, { uploads, caller }: { readonly uploads: UploadStore; readonly caller: Caller }): Promise<string> {
  // What is no form at all has no field, to FastAPI.
  if (!/^multipart\/form-data\b/i.test(c.req.header('content-type') ?? '')) throw missingField('body', 'video')
  const { files } = await receiveMultipart(c, { uploads, caller })
  const video = files.find(({ field }) => field === 'video')
  for (const { upload } of files) if (upload.id !== video?.upload.id) await uploads.remove(upload.id)
  if (!video) throw missingField('body', 'video')
  return video.upload.source
}

/** A job that is a task of this dialect. */
function taskOf(jobs: Jobs, id: string): Job | undefined {
  try {
    const job = jobs.get(id)
    return job.tool === TOOL ? job : undefined
  } catch (error) {
    if (error instanceof HubError && (error.code === 'job_not_found' || error.code === 'job_expired')) return undefined
    throw error
  }
}

function videoOf({ artifacts }: Job): Artifact | undefined {
  return artifacts.find(({ name }) => name.startsWith('video.'))
}

function unknownTask(): never {
  throw new DetailError(404, 'Task does not exist.')
}

const ENDED = { running: 'PROCESSING', completed: 'FINISHED', failed: 'ERROR', cancelled: 'ERROR' } as const
const STATUS: Record<Form, Record<JobStatus, string>> = {
  '': { queued: 'PROCESSING', ...ENDED },
  '/api/v1': { queued: 'QUEUED', ...ENDED },
}

function toResult(job: Job, form: Form) {
  const error = job.error?.message ?? (job.status === 'cancelled' ? 'cancelled' : undefined)
  return {
    percentage: job.status === 'completed' ? 100 : job.status === 'running' ? Math.min(99, Math.floor(job.progress ?? 0)) : 0,
    status: STATUS[form][job.status],
    download_url: job.status === 'completed' ? `/download/${job.id}` : null,
    // Beyond the dialect, which keeps no reason.
    ...(error !== undefined && { error }),
  }
}

/** `ID_20260131235959.mp4`: when it was made, by the hub's clock. */
function fileName(job: Job): string {
  const { id, ended_at = 0 } = job
  const stamp = new Date(ended_at).toISOString().replace(/\D/g, '').slice(0, 14)
  const { name } = videoOf(job) ?? { name: 'video.mp4' }
  return `${id}_${stamp}${name.slice(name.lastIndexOf('.'))}`
}
