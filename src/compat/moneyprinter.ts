import type { HttpBindings } from '@hono/node-server'
import { type Context, Hono } from 'hono'
import { HubError } from '../errors.ts'
import type { ArtifactStore } from '../jobs/artifact-store.ts'
import type { Caller } from '../jobs/caller.ts'
import type { HandOver } from '../jobs/hand-over.ts'
import type { Job } from '../jobs/job.ts'
import type { Jobs } from '../jobs/jobs.ts'
import { readJson } from '../jobs/read-json.ts'
import { serveFile, type ServeOptions } from '../jobs/serve-file.ts'
import type { UploadStore } from '../jobs/upload-store.ts'
import type { RequestOrigin } from '../request-origin.ts'
import { MoneyPrinterFiles } from './moneyprinter-files.ts'
import { assertHasScript, assertHasSpeech, type FindSource, type MoneyPrinterRequest, readMoneyPrinterRequest, toComposition } from './moneyprinter-request.ts'
import { fileOf, TASK_TOOLS, type TaskView, toTask } from './moneyprinter-task.ts'

export interface MoneyPrinterContext {
  readonly jobs: Jobs
  readonly artifacts: ArtifactStore
  readonly uploads: UploadStore
  readonly origin: RequestOrigin
  readonly handOver: HandOver | undefined
  readonly callerOf: (c: Context) => Caller
}

type Env = { Bindings: HttpBindings }

/** MoneyPrinterTurbo's dialect: its tasks are our jobs. Translates both ways and decides nothing. */
export function moneyPrinterRoutes({ jobs, artifacts, uploads, origin, handOver, callerOf }: MoneyPrinterContext): Hono<Env> {
  const app = new Hono<Env>()
  const files = new MoneyPrinterFiles(uploads)
  const baseUrl = (c: Context<Env>): string => (c.env?.incoming ? origin.of(c.env.incoming) : new URL(c.req.url).origin)
  const answer = (c: Context, data: unknown) => c.json({ status: 200, message: 'success', data }, 200, { 'Cache-Control': 'no-store', 'Access-Control-Allow-Origin': '*' })

  for (const { path, toJob } of SUBMISSIONS) {
    app.post(path, async (c) => {
      const request = readMoneyPrinterRequest(await readJson(c, { requireType: false }))
      const caller = callerOf(c)
      const findSource: FindSource = (named, field) => files.find(named, { field, caller, collection: field === 'video_materials' ? field : 'musics' })
      // The same request gets the same music, so that one that is sent twice is one job.
      const randomMusic = async (voice: string | undefined) => (await files.list('musics', caller)).map(({ source }) => source).filter((source) => source !== voice).sort()[0]
      const key = request.idempotency_key
      const job = await jobs.submit({ ...(await toJob(request, { findSource, randomMusic })), caller, ...(key !== undefined && { idempotencyKey: keyFor(key) }) })
      return answer(c, { task_id: key ?? job.id })
    })
  }

  app.get('/api/v1/tasks', (c) => {
    const [page, size] = [positive(c, 'page', 1), positive(c, 'page_size', 10)]
    const { reach, owner } = callerOf(c)
    const wanted = { tool: TASK_TOOLS, owner: reach === 'own' ? owner ?? '' : undefined }
    const { jobs: found } = jobs.list({ ...wanted, limit: size, skip: (page - 1) * size })
    return answer(c, { tasks: found.map((job) => toTask(job, viewOf(c, taskIdOf(job)))), total: jobs.count(wanted), page, page_size: size })
  })

  app.get('/api/v1/tasks/:id', (c) => answer(c, toTask(taskOf(c), viewOf(c, c.req.param('id')))))

  app.delete('/api/v1/tasks/:id', async (c) => {
    await jobs.remove(idToChange(c))
    return answer(c, null)
  })

  app.post('/api/v1/tasks/:id/cancel', async (c) => {
    const job = await jobs.cancel(idToChange(c))
    return answer(c, toTask(job, viewOf(c, c.req.param('id'))))
  })

  for (const collection of ['musics', 'video_materials'] as const) {
    app.get(`/api/v1/${collection}`, async (c) => {
      const listed = await files.list(collection, callerOf(c))
      return answer(c, { files: listed.map(({ name, size, source }) => ({ name, size, file: source })) })
    })
    app.post(`/api/v1/${collection}`, async (c) => answer(c, { file: (await files.receive(c, collection, callerOf(c))).source }))
  }

  app.get('/tasks/:id/:file', (c) => send(c, taskOf(c), { handOver }))
  app.get('/api/v1/stream/:id/:file?', (c) => send(c, taskOf(c), { isAlwaysPartial: true }))
  app.get('/api/v1/download/:id/:file', (c) => send(c, taskOf(c), { disposition: 'attachment' }))
  // Another dialect has the same path for its own.
  app.get('/api/v1/download/:id', (c, next) => {
    const job = findTask(c.req.param('id'), callerOf(c))
    return job?.tool === 'compose' ? send(c, job, { disposition: 'attachment' }) : next()
  })

  function send(c: Context<Env>, job: Job, options: ServeOptions): Promise<Response> {
    // The original keeps the film without sound and subtitles, too; here both names are the one that is made.
    const wanted = (c.req.param('file') ?? 'final-1.mp4').replace(/^combined-/, 'final-')
    const artifact = job.artifacts.find(({ name }) => fileOf(name) === wanted)
    if (!artifact) throw new HubError('artifact_not_found', 'There is no such file')
    return serveFile(c, { ...artifacts.served(job, artifact.name), filename: wanted }, options)
  }

  function findTask(id: string, caller: Caller): Job | undefined {
    const jobId = UUID.test(id) ? jobs.idOfKey(keyFor(id), caller) : id
    const job = jobId === undefined || !jobs.has(jobId) ? undefined : jobs.get(jobId)
    return job && TASK_TOOLS.includes(job.tool) ? job : undefined
  }

  function taskOf(c: Context<Env>): Job {
    const job = findTask(c.req.param('id') ?? '', callerOf(c))
    if (job) return job
    throw new HubError('job_not_found', 'There is no such task')
  }

  function idToChange(c: Context<Env>): string {
    const { id } = taskOf(c)
    jobs.assertMayChange(id, callerOf(c))
    return id
  }

  function taskIdOf({ id }: Job): string {
    const key = jobs.keyOf(id)
    return key?.startsWith(KEY_PREFIX) ? key.slice(KEY_PREFIX.length) : id
  }

  function viewOf(c: Context<Env>, taskId: string): TaskView {
    return { taskId, baseUrl: baseUrl(c), isClassic: c.req.query('compat') === 'classic' }
  }

  return app
}

interface Found {
  readonly findSource: FindSource
  readonly randomMusic: (voice: string | undefined) => Promise<string | undefined>
}

const SUBMISSIONS: readonly { readonly path: string; readonly toJob: (request: MoneyPrinterRequest, found: Found) => Promise<{ tool: string; input: object }> }[] = [
  { path: '/api/v1/videos', toJob: async (request, found) => ({ tool: 'compose', input: await toComposition(request, found) }) },
  {
    path: '/api/v1/audio',
    async toJob(request, { findSource }) {
      assertHasSpeech(request)
      return { tool: 'audio', input: { source: await findSource(request.custom_audio_file, 'custom_audio_file'), format: 'mp3' } }
    },
  },
  {
    path: '/api/v1/subtitle',
    async toJob(request, { findSource }) {
      assertHasSpeech(request)
      assertHasScript(request)
      return { tool: 'subtitles', input: { voice: await findSource(request.custom_audio_file, 'custom_audio_file'), text: request.video_script } }
    },
  },
]

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
const KEY_PREFIX = 'moneyprinter:'

/** Apart from the keys of our own API. */
function keyFor(uuid: string): string {
  return `${KEY_PREFIX}${uuid.toLowerCase()}`
}

function positive(c: Context, name: string, usual: number): number {
  const text = c.req.query(name) ?? String(usual)
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text)
  throw new HubError('invalid_input', `${name} is a number from 1 on`, { errors: [{ path: name, message: 'ensure this value is greater than or equal to 1' }] })
}
