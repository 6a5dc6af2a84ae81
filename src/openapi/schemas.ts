import { z } from 'zod'
import type { Artifact, Job, JobError, LogLine } from '../jobs/job.ts'
import type { ShownUnfinished } from '../jobs/unfinished-uploads.ts'
import type { Upload } from '../jobs/upload-store.ts'
import type { Problem } from '../problem.ts'

/** Schemas that have a name in the document. */
export const named = z.registry<{ id: string }>()

function name<Schema extends z.ZodType>(id: string, schema: Schema): Schema {
  named.add(schema, { id })
  return schema
}

const milliseconds = (what: string) => z.int().describe(`${what}, in milliseconds since 1970`)

export const problem = name('Problem', z.object({
  type: z.string(),
  title: z.string(),
  status: z.int().describe('That of the answer'),
  code: z.string().describe('Stable, for programs'),
  detail: z.string().describe('What is wrong, for people'),
  hint: z.string().exactOptional().describe('The way out'),
  errors: z.array(z.object({ path: z.string().describe('For example `outputs[0].args[3]`'), message: z.string() })).exactOptional().describe('Which fields are wrong'),
}).describe('An error (RFC 9457)')) satisfies z.ZodType<Problem, unknown>

export const jobStatus = z.enum(['queued', 'running', 'completed', 'failed', 'cancelled'])

export const artifact = name('Artifact', z.object({
  name: z.string(),
  size: z.int().describe('Bytes'),
  content_type: z.string(),
  sha256: z.string(),
  url: z.string().describe('Path on this hub'),
}).describe('A file that a job has made')) satisfies z.ZodType<Artifact, unknown>

export const jobError = name('JobError', z.object({
  code: z.string().describe('Stable, for programs'),
  message: z.string().describe('For people'),
  hint: z.string().exactOptional(),
  exit_code: z.int().exactOptional(),
  signal: z.string().exactOptional(),
  log_tail: z.array(z.string()).describe('The last lines of the log'),
}).describe('Why a job failed')) satisfies z.ZodType<JobError, unknown>

export const job = name('Job', z.object({
  id: z.string().describe('Who knows it may read the job'),
  tool: z.string(),
  name: z.string().exactOptional().describe('What people call what it reads'),
  input: z.unknown().describe('As submitted, without what a URL’s query may hold of secrets'),
  status: jobStatus,
  attempt: z.int().describe('0 while it first waits, then 1 for the first run'),
  queue_position: z.int().exactOptional().describe('1 is next; only while it waits'),
  created_at: milliseconds('When it was submitted'),
  started_at: milliseconds('When its last attempt began').exactOptional(),
  ended_at: milliseconds('When it ended').exactOptional(),
  expires_at: milliseconds('When its files are removed').exactOptional(),
  progress: z.number().nullable().describe('0 to 100, or null where no total is known; never goes back within an attempt; 100 only after exit 0'),
  phase: z.enum(['uploading', 'fetching', 'probing', 'running', 'publishing']).exactOptional().describe('`uploading` while it waits for an upload that is still coming in'),
  frame: z.number().exactOptional(),
  fps: z.number().exactOptional().describe('Frames made a second'),
  speed: z.number().exactOptional().describe('Seconds of output made a second'),
  out_time_s: z.number().exactOptional(),
  bytes: z.number().exactOptional(),
  total_bytes: z.number().exactOptional().describe('What `bytes` will come to, while it waits for an upload'),
  eta_s: z.number().exactOptional(),
  total_logs: z.int(),
  artifacts: z.array(artifact),
  result: z.record(z.string(), z.unknown()),
  error: jobError.exactOptional(),
  offset: z.string().exactOptional().describe('Follow from here and miss nothing; opaque'),
})) satisfies z.ZodType<Job, unknown>

export const jobPage = name('JobPage', z.object({ jobs: z.array(job).describe('Newest first'), next_cursor: z.string().nullable() }))

export const logLine = name('LogLine', z.object({
  n: z.int().describe('From 1, without a gap, over all attempts'),
  source: z.enum(['stdout', 'stderr', 'hub']),
  level: z.enum(['fatal', 'error', 'warning', 'info', 'debug']),
  text: z.string(),
})) satisfies z.ZodType<LogLine, unknown>

export const jobEvent = name('JobEvent', z.object({
  offset: z.string().exactOptional(),
  type: z.string(),
  at: milliseconds('When').exactOptional(),
  data: z.record(z.string(), z.unknown()),
}).describe('One event; `/asyncapi.json` tells the data of each type'))

export const eventPage = name('EventPage', z.object({
  events: z.array(jobEvent),
  offset: z.string().describe('For `after` of the next request'),
  more: z.boolean().describe('The page was cut; the rest is there at once'),
  closed: z.boolean().describe('The job has ended and this page holds its `end`'),
  reset: z.boolean().describe('`after` meant nothing here: this page begins at the start'),
  progress: z.record(z.string(), z.unknown()).nullable().describe('The newest value beside the log'),
}))

export const upload = name('Upload', z.object({
  id: z.string(),
  name: z.string().describe('As the sender called it'),
  size: z.int().describe('Bytes'),
  sha256: z.string(),
  source: z.string().describe('What a job names as its source'),
  expires_at: milliseconds('When it is removed; each use moves it on'),
})) satisfies z.ZodType<Upload, unknown>

export const unfinishedUpload = name('UnfinishedUpload', z.object({
  id: z.string(),
  name: z.string().describe('As the sender called it'),
  size: z.int().nullable().describe('Bytes in all, or null where the sender has not said yet'),
  received: z.int().describe('Bytes so far'),
  source: z.string().describe('What a job names as its source, already now'),
  expires_at: milliseconds('When it is removed; each byte that comes moves it on'),
})) satisfies z.ZodType<ShownUnfinished, unknown>

export const uploadState = z.union([upload, unfinishedUpload])

export const uploads = name('Uploads', z.object({ uploads: z.array(upload.extend({ field: z.string() })) }))

export const tool = name('Tool', z.object({
  name: z.string(),
  title: z.string(),
  presets: z.array(z.object({ name: z.string(), title: z.string(), input: z.record(z.string(), z.unknown()) })),
  input: z.record(z.string(), z.unknown()).describe('JSON Schema of the input'),
}))

/** What is told of in the dialect’s way. */
export const gmapiError = name('GmapiError', z.object({
  status: z.literal('error'),
  error: z.string(),
  message: z.string(),
  code: z.string(),
  hint: z.string().exactOptional(),
}))

export const gmapiTask = name('GmapiTask', z.object({
  task_id: z.string(),
  type: z.string(),
  status: z.enum(['pending', 'running', 'completed', 'error']),
  create_time: z.number().describe('Seconds since 1970'),
  start_time: z.number().nullable(),
  end_time: z.number().nullable(),
  progress: z.number(),
  total_logs: z.int(),
  new_logs: z.array(z.string()).describe('New since your last poll of this task'),
  offset: z.string(),
  queue_position: z.int().exactOptional(),
  result: z.record(z.string(), z.unknown()),
  error: z.string().exactOptional(),
  message: z.string().exactOptional(),
}))

export const gmapiAccepted = name('GmapiAccepted', z.object({ status: z.literal('success'), task_id: z.string(), status_url: z.string() }))

export const gmapiFile = name('GmapiFile', z.object({ status: z.literal('success'), download_url: z.string(), file_id: z.string() }))

export const bytes = z.string().meta({ format: 'binary' })
