import type { HttpBindings } from '@hono/node-server'
import { type Context, Hono } from 'hono'
import { HubError } from '../errors.ts'
import type { ArtifactStore } from '../jobs/artifact-store.ts'
import type { Caller } from '../jobs/caller.ts'
import type { HandOver } from '../jobs/hand-over.ts'
import type { Job } from '../jobs/job.ts'
import type { Jobs } from '../jobs/jobs.ts'
import { receiveMultipart } from '../jobs/multipart.ts'
import { serveFile } from '../jobs/serve-file.ts'
import type { UploadStore } from '../jobs/upload-store.ts'
import { page, wantsJson } from './flask-gif-errors.ts'
import { formPage, resultPage } from './flask-gif-pages.ts'
import { readGifRequest } from './flask-gif-request.ts'

export interface FlaskGifContext {
  readonly jobs: Jobs
  readonly artifacts: ArtifactStore
  readonly uploads: UploadStore
  readonly handOver: HandOver | undefined
  readonly callerOf: (c: Context) => Caller
}

const MOST_PHOTOS = 500
const EXTENSION = /\.(?:gif|webp|png)$/

/** The dialect of the Flask servers that make a GIF of a form's photos: a page with a link, or JSON for who asks for it. */
export function flaskGifRoutes({ jobs, artifacts, uploads, handOver, callerOf }: FlaskGifContext): Hono<{ Bindings: HttpBindings }> {
  const app = new Hono<{ Bindings: HttpBindings }>()

  app.get('/gif', (c) => page(c, formPage()))

  app.post('/gif', async (c) => {
    const caller = callerOf(c)
    const { files, fields } = await receiveMultipart(c, { uploads, caller, maxFiles: MOST_PHOTOS })
    const input = readGifRequest(files, { fields, query: new URL(c.req.url).searchParams })
    const { id } = await jobs.submit({ tool: 'gif', input, caller })
    const job = await jobs.untilEnded(id, c.req.raw.signal)
    if (job.status !== 'completed') throw failureOf(job)
    const { size } = job.artifacts[0]!
    const url = `/download/${downloadName(job)}`
    return wantsJson(c) ? c.json({ status: 'success', download_url: url, file_id: id }) : page(c, resultPage({ url, bytes: size }))
  })

  // Others have downloads too: with a second part, or without an extension.
  app.get('/download/:file{[A-Za-z0-9]+\\.(?:gif|webp|png)}', async (c) => {
    const file = c.req.param('file')
    const job = jobs.get(file.replace(EXTENSION, ''))
    const artifact = job.artifacts[0]
    if (job.tool !== 'gif' || artifact === undefined || file !== downloadName(job)) throw new HubError('artifact_not_found', 'There is no such file')
    return serveFile(c, { ...artifacts.served(job, artifact.name), filename: file }, { disposition: 'attachment', handOver })
  })

  return app
}

function downloadName({ id, artifacts }: Job): string {
  return `${id}${EXTENSION.exec(artifacts[0]?.name ?? '')?.[0] ?? ''}`
}

/** Most often it is a picture that cannot be read, which is the sender's to mend. */
function failureOf({ status, error }: Job): HubError {
  const message = error?.message ?? (status === 'cancelled' ? 'The job was cancelled' : 'The job failed')
  const isTheirs = ['invalid_input', 'command_failed', 'output_too_large'].includes(error?.code ?? '')
  return new HubError(isTheirs ? 'invalid_input' : 'source_unavailable', message, { ...(error?.hint !== undefined && { hint: error.hint }) })
}
