import type { HttpBindings } from '@hono/node-server'
import { type Context, Hono } from 'hono'
import { LRUCache } from 'lru-cache'
import { HubError } from '../errors.ts'
import { hasEnded, type Job, type JobStatus, type LogLine } from '../jobs/job.ts'
import type { Caller } from '../jobs/caller.ts'
import type { Jobs } from '../jobs/jobs.ts'
import type { ArtifactStore } from '../jobs/artifact-store.ts'
import type { FrameStore } from '../jobs/frame-store.ts'
import type { HandOver } from '../jobs/hand-over.ts'
import type { Submission } from '../jobs/job-intake.ts'
import { readJson } from '../jobs/read-json.ts'
import { OCTETS_AS_LATIN1, serveFile } from '../jobs/serve-file.ts'
import type { RequestOrigin } from '../request-origin.ts'
import { parseEntries, parseOffset } from '../streams/entry.ts'
import { answerGmapiError } from './gmapi-errors.ts'
import { gmapiFrameRoutes, toFramesResult } from './gmapi-frames.ts'
import { type Conversion, readConversion } from './gmapi-requests.ts'
import { answerWhenEnded } from './gmapi-sync.ts'

export interface GmapiContext {
  readonly jobs: Jobs
  readonly artifacts: ArtifactStore
  readonly frames: FrameStore
  readonly origin: RequestOrigin
  readonly handOver: HandOver | undefined
  readonly callerOf: (c: Context) => Caller
  readonly logger: { error(event: string, fields: Readonly<Record<string, unknown>>): void }
}

/**
 * GMapiServer's dialect, for the ComputerCraft programs that speak it: their tasks are our jobs, `new_logs` is a read
 * of our log. Translates both ways and decides nothing.
 */
export function gmapiRoutes({ jobs, artifacts, frames, origin, handOver, callerOf, logger }: GmapiContext): Hono<{ Bindings: HttpBindings }> {
  const app = new Hono<{ Bindings: HttpBindings }>()
  const onInternalError = (path: string, cause: unknown) => logger.error('gmapi.internal_error', { path, error: cause })
  app.onError((error, c) => answerGmapiError(c, error, (cause) => onInternalError(c.req.path, cause)))
  const cursors = new LogCursors()
  const baseUrl = (c: Context): string => (c.env?.incoming ? origin.of(c.env.incoming) : new URL(c.req.url).origin)

  for (const { tool, toInput } of CONVERSIONS) {
    const submit = async (c: Context) => submitOnce(jobs, { tool, input: toInput(await readConversion(() => readJson(c, { requireType: false }))), caller: callerOf(c) })

    app.post(`/api/${tool}`, async (c) => {
      const job = await submit(c)
      const base = baseUrl(c)
      return answerWhenEnded(c, jobs, { job, toAnswer: (ended) => toResult(ended, base) })
    })

    app.post(`/api/${tool}/async`, async (c) => {
      const job = await submit(c)
      return c.json({ status: 'success', task_id: job.id, status_url: `${baseUrl(c)}/api/task/${job.id}` })
    })
  }

  app.get('/api/task/:id', async (c) => {
    const job = jobs.get(c.req.param('id'))
    const lines = await cursors.newLines(jobs, job, {
      after: c.req.query('after'),
      client: c.env?.incoming ? origin.clientAddress(c.env.incoming) : '',
    })
    return c.json(toTask(jobs.get(job.id), { ...lines, base: baseUrl(c) }), 200, { 'Cache-Control': 'no-store', 'Access-Control-Allow-Origin': '*' })
  })

  app.get('/api/tasks', (c) => {
    const { reach, owner } = callerOf(c)
    const { jobs: newest } = jobs.list({ limit: 100, owner: reach === 'own' ? owner ?? '' : undefined })
    return c.json({ status: 'success', tasks: newest.map((job) => toTask(job, { new_logs: [], offset: job.offset ?? '', base: baseUrl(c) })) })
  })

  app.get('/download/:file_id/:filename', async (c) => {
    const job = jobs.get(c.req.param('file_id'))
    const artifact = job.artifacts.find(({ name }) => [name, downloadName(job, name)].includes(c.req.param('filename')))
    if (!artifact) throw new HubError('artifact_not_found', 'There is no such file')
    // CC:Tweaked before 1.109 decodes what it did not ask for as binary with the charset named here; this one keeps
    // every byte as it is.
    return serveFile(c, artifacts.served(job, artifact.name), { contentType: OCTETS_AS_LATIN1, handOver })
  })

  app.route('/', gmapiFrameRoutes({ jobs, frames, baseUrl, submit: (c, tool, input) => submitOnce(jobs, { tool, input, caller: callerOf(c) }), onInternalError }))
  return app
}

/** What is asked for with an input, arguments and a format, and how the tool takes it. */
const CONVERSIONS: readonly { readonly tool: string; readonly toInput: (conversion: Conversion) => object }[] = [
  { tool: 'ffmpeg', toInput: (conversion) => conversion },
  {
    tool: 'sanjuuni',
    toInput: ({ input_url: source, args, output_format }) => ({ source, args, ...(output_format !== undefined && { output_format }) }),
  },
]

/** Somebody has asked for the same, and its file is still there or on its way: every seek of a player asks again. */
async function submitOnce(jobs: Jobs, submission: Submission): Promise<Job> {
  return jobs.findSame(submission) ?? jobs.submit(submission)
}

const STATUS: Record<JobStatus, string> = {
  queued: 'pending',
  running: 'running',
  completed: 'completed',
  failed: 'error',
  cancelled: 'error',
}

interface NewLines {
  readonly new_logs: readonly string[]
  readonly offset: string
}

function toTask(job: Job, { new_logs, offset, base }: NewLines & { readonly base: string }) {
  const error = job.error?.message ?? (job.status === 'cancelled' ? 'cancelled' : undefined)
  return {
    task_id: job.id,
    type: job.tool,
    status: STATUS[job.status],
    create_time: job.created_at / 1000,
    start_time: job.started_at === undefined ? null : job.started_at / 1000,
    end_time: job.ended_at === undefined ? null : job.ended_at / 1000,
    progress: job.progress ?? 0,
    total_logs: job.total_logs,
    new_logs,
    offset,
    ...(job.queue_position !== undefined && { queue_position: job.queue_position }),
    // An object from the first poll on: the video player indexes it without looking.
    result: job.tool === 'video_frame' ? toFramesResult(job) : job.status === 'completed' ? toResult(job, base) : {},
    // The video player prints `message` and never looks at `error`.
    ...(error !== undefined && { error, message: error }),
  }
}

function toResult(job: Job, base: string) {
  // The sound that some jobs make besides is published before.
  const artifact = job.artifacts.at(-1)
  const file = artifact && downloadName(job, artifact.name)
  return { status: 'success', download_url: `${base}/download/${job.id}/${file}`, file_id: job.id }
}

/** The dialect names a file after its id, and the extension after the format. */
function downloadName(job: Job, artifactName: string): string {
  return `${job.id}.${artifactName.slice(artifactName.lastIndexOf('.') + 1)}`
}

/**
 * "New since your last poll", for clients that say neither who nor where they are: a place in the log for each job
 * and address. Who sends `after` keeps its own place, and any number of them can read.
 */
class LogCursors {
  readonly #places = new LRUCache<string, number>({ max: 10_000 })

  async newLines(jobs: Jobs, job: Job, { after, client }: { after: string | undefined; client: string }): Promise<NewLines> {
    const key = `${job.id} ${client}`
    const place = after ?? this.#places.get(key)
    // Of an ended job of which all is told, its log need not be opened again.
    if (hasEnded(job.status) && (place === job.offset || place === parseOffset(job.offset ?? '')?.byte)) return { new_logs: [], offset: job.offset ?? '' }
    const { stream } = await jobs.openStream(job.id)
    const offset = after === undefined ? undefined : parseOffset(after)
    const from = after === undefined ? (this.#places.get(key) ?? 0) : ((offset && (await stream.locate(offset))) ?? 0)
    const { lines, to } = await stream.read(Math.min(from, stream.head))
    if (after === undefined) this.#places.set(key, to)
    const texts = parseEntries(lines).flatMap(({ type, data }) => (type === 'new_logs' ? (data as { lines: LogLine[] }).lines.map(({ text }) => text) : []))
    return { new_logs: texts, offset: stream.offsetAt(to) }
  }
}

