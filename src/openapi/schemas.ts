import { z } from 'zod'
import type { Artifact, Job, JobError, LogLine } from '../jobs/job.ts'
import type { ShownUnfinished } from '../jobs/unfinished-uploads.ts'
import type { Upload } from '../jobs/upload-store.ts'
import type { Problem } from '../problem.ts'
import type { MediaReport } from '../tools/media-report.ts'

/** Schemas that have a name in the document. Not in zod's own registry: elsewhere they have none. */
export const named = z.registry<{ id: string }>()

/** Their names, and what `.describe()` says of any. */
export const described = z.registry<Record<string, unknown>>()
described.get = (schema) => ({ ...z.globalRegistry.get(schema), ...named.get(schema) }) as never

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
  crc32: z.string().exactOptional().describe('Eight hexadecimal digits'),
  url: z.string().describe('Path on this hub'),
  grows: z.literal(true).exactOptional().describe('A longer one takes its place before the job ends'),
}).describe('A file that a job has made')) satisfies z.ZodType<Artifact, unknown>

export const jobError = name('JobError', z.object({
  code: z.string().describe('Stable, for programs'),
  message: z.string().describe('For people'),
  hint: z.string().exactOptional(),
  exit_code: z.int().exactOptional(),
  signal: z.string().exactOptional(),
  job: z.string().exactOptional().describe('Of `dependency_failed`: the job that this one needed'),
  log_tail: z.array(z.string()).describe('The last lines of the log'),
}).describe('Why a job failed')) satisfies z.ZodType<JobError, unknown>

export const job = name('Job', z.object({
  id: z.string().describe('Who knows it may read the job'),
  tool: z.string(),
  batch: z.object({ id: z.string(), index: z.int() }).exactOptional().describe('The batch that it is one of, and its place there, from 0'),
  name: z.string().exactOptional().describe('What people call what it reads'),
  input: z.unknown().describe('As submitted, without what a URL’s query may hold of secrets'),
  status: jobStatus,
  attempt: z.int().describe('0 while it first waits, then 1 for the first run'),
  queue_position: z.int().exactOptional().describe('1 is next; only while it waits for a worker'),
  waiting_for: z.array(z.object({ type: z.enum(['job', 'upload']), id: z.string() })).exactOptional().describe('What has to be there before it gets a place in the queue'),
  after: z.array(z.string()).exactOptional().describe('Jobs that have to complete before this one runs'),
  after_any: z.array(z.string()).exactOptional().describe('Jobs that have to end before this one runs'),
  webhook: z.literal(true).exactOptional().describe('A webhook of its own is told what becomes of it'),
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

export const plan = name('JobPlan', z.object({
  tool: z.string(),
  assumed: z.boolean().describe('Something of it hangs on a source that was not looked at'),
  sources: z.array(z.object({ file: z.string(), assumed: z.enum(['film', 'sound', 'picture']).exactOptional() })),
  commands: z.array(z.object({ program: z.string(), args: z.array(z.string()), shell: z.string().describe('Does the same in a terminal') })),
  artifacts: z.array(z.object({ name: z.string(), content_type: z.string() })),
  reason: z.string().exactOptional().describe('Why there are no commands'),
}))

const tags = z.record(z.string(), z.string())

export const mediaReport = name('MediaReport', z.object({
  format: z.string(),
  format_title: z.string().exactOptional(),
  duration_seconds: z.number().exactOptional(),
  size: z.number().describe('Bytes'),
  bits_per_second: z.number().exactOptional(),
  streams: z.array(z.object({
    index: z.int(),
    kind: z.enum(['video', 'audio', 'subtitle', 'data', 'attachment']),
    codec: z.string(),
    codec_title: z.string().exactOptional(),
    profile: z.string().exactOptional(),
    duration_seconds: z.number().exactOptional(),
    bits_per_second: z.number().exactOptional(),
    width: z.number().exactOptional().describe('Pixels, as players show it'),
    height: z.number().exactOptional(),
    rotation: z.number().exactOptional().describe('Degrees, clockwise, by which it is turned'),
    pixel_aspect: z.number().exactOptional(),
    fps: z.number().exactOptional(),
    frames: z.number().exactOptional(),
    pixel_format: z.string().exactOptional(),
    color_transfer: z.string().exactOptional(),
    sample_rate: z.number().exactOptional().describe('Hz'),
    channels: z.number().exactOptional(),
    channel_layout: z.string().exactOptional(),
    language: z.string().exactOptional(),
    is_default: z.literal(true).exactOptional(),
    is_attached_picture: z.literal(true).exactOptional(),
    tags: tags.exactOptional(),
  })),
  chapters: z.array(z.object({ start_seconds: z.number(), end_seconds: z.number(), title: z.string().exactOptional() })),
  tags,
})) satisfies z.ZodType<MediaReport, unknown>

export const batch = name('Batch', z.object({
  id: z.string(),
  status: jobStatus,
  created_at: milliseconds('When it was submitted'),
  ended_at: milliseconds('When all had ended').exactOptional(),
  expires_at: milliseconds('Until then it and its jobs are kept').exactOptional(),
  progress: z.number().describe('0 to 100, over all of its jobs'),
  counts: z.object({ queued: z.int(), running: z.int(), completed: z.int(), failed: z.int(), cancelled: z.int() }),
  items: z.array(z.object({
    index: z.int().describe('From 0, in the order of the submission'),
    job: z.string(),
    tool: z.string(),
    name: z.string().exactOptional(),
    status: jobStatus,
    attempt: z.int(),
    started_at: milliseconds('When its last attempt began').exactOptional(),
    ended_at: milliseconds('When it ended').exactOptional(),
    artifacts: z.array(artifact).exactOptional(),
    result: z.record(z.string(), z.unknown()).exactOptional(),
    error: z.object({ code: z.string(), message: z.string(), hint: z.string().exactOptional() }).exactOptional(),
  })),
  offset: z.string().exactOptional(),
}).describe('Many jobs as one'))

export const webhook = name('Webhook', z.object({
  id: z.string(),
  url: z.string(),
  events: z.array(z.string()).nullable().describe('null: all but job.artifact'),
  signed: z.boolean(),
  earlier_secrets: z.array(z.object({ until: milliseconds('Until then it signs too') })).exactOptional(),
  created_at: milliseconds('When it was added'),
  disabled: z.unknown().optional().describe('Why it is told nothing any more'),
}))

export const delivery = name('Delivery', z.looseObject({
  id: z.string(),
  webhook_id: z.string().describe('The header that all attempts have'),
  webhook: z.string().exactOptional(),
  url: z.string().exactOptional(),
  type: z.string(),
  state: z.enum(['pending', 'delivered', 'failed']),
  created_at: milliseconds('When it happened'),
  next_at: milliseconds('When it is tried again').exactOptional(),
  attempts: z.array(z.record(z.string(), z.unknown())),
}))

export const bytes = z.string().meta({ format: 'binary' })
