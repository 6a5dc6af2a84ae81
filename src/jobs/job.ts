import type { LogLevel } from '../tools/tool.ts'

/** Where a job is. It waits (`queued`), is worked on (`running`), or has ended in one of the three other ways. */
export type JobStatus = 'queued' | 'running' | 'completed' | 'failed' | 'cancelled'

/** What is done with it just now; `uploading` while it waits for an upload to be whole. */
export type Phase = 'uploading' | 'fetching' | 'probing' | 'running' | 'publishing'

/**
 * A job as the API shows it: the body of `GET /api/jobs/:id`, the data of `snapshot`, and the fold of the job's
 * events. The names are those of the wire, so that folding is merging.
 */
export interface Job {
  readonly id: string
  readonly tool: string
  /** The batch that it is one of, and its place there, from 0. */
  readonly batch?: { readonly id: string; readonly index: number }
  /** What people call what it reads: the name of its first file, or the last part of its address. */
  readonly name?: string
  /** As submitted, without the secrets that a URL's query may carry. */
  readonly input: unknown
  readonly status: JobStatus
  /** 0 while it first waits, then 1 for the first run. */
  readonly attempt: number
  /** 1 is next. Only while it waits for a worker. */
  readonly queue_position?: number
  /** What has to be there before it gets a place in the queue. Only while it waits for that. */
  readonly waiting_for?: readonly WaitingFor[]
  /** The jobs that have to complete before this one runs, as submitted. */
  readonly after?: readonly string[]
  /** The jobs that have to end, in whichever way, before this one runs, as submitted. */
  readonly after_any?: readonly string[]
  /** A webhook of its own is told what becomes of it. */
  readonly webhook?: true
  /** Milliseconds since 1970. */
  readonly created_at: number
  readonly started_at?: number
  readonly ended_at?: number
  /** When the artifacts are removed; set once the job has ended. */
  readonly expires_at?: number
  /** 0 to 100, or null where no total is known. Is 100 only after exit 0. */
  readonly progress: number | null
  readonly phase?: Phase
  readonly frame?: number
  readonly fps?: number
  readonly speed?: number
  readonly out_time_s?: number
  readonly bytes?: number
  /** What `bytes` will come to, where that is known: in the phase `uploading`. */
  readonly total_bytes?: number
  readonly eta_s?: number
  readonly total_logs: number
  readonly artifacts: readonly Artifact[]
  readonly result: Readonly<Record<string, unknown>>
  readonly error?: JobError
  /** In answers and snapshots: follow from here and miss nothing. */
  readonly offset?: string
}

/** Another job, one that this one reads from or runs after, or an upload that is still coming in. */
export type WaitingFor = { readonly type: 'job' | 'upload'; readonly id: string }

export interface Artifact {
  readonly name: string
  readonly size: number
  readonly content_type: string
  readonly sha256: string
  /** As eight hexadecimal digits; what a ZIP archive says of it. */
  readonly crc32?: string
  /** Path on this hub. */
  readonly url: string
  /** A longer one takes its place before the job ends; until then size and sha256 may be those of the one before. */
  readonly grows?: true
}

export interface JobError {
  readonly code: string
  readonly message: string
  readonly hint?: string
  readonly exit_code?: number
  readonly signal?: string
  /** Of `dependency_failed`: the job that this one needed. */
  readonly job?: string
  readonly log_tail: readonly string[]
}

export interface LogLine {
  /** From 1, without a gap, over all attempts. */
  readonly n: number
  readonly source: 'stdout' | 'stderr' | 'hub'
  readonly level: LogLevel
  readonly text: string
}

export type StatusData = Partial<
  Pick<
    Job,
    'id' | 'tool' | 'batch' | 'name' | 'input' | 'attempt' | 'queue_position' | 'waiting_for' | 'after' | 'after_any' | 'webhook' | 'created_at' | 'started_at' | 'ended_at' |
    'expires_at' | 'progress'
  >
> & { readonly status: JobStatus; readonly reason?: StatusReason; readonly rev?: number }

/** Why a job is queued again; `ready`: what it waited for is there. */
export type StatusReason = 'interrupted' | 'hub_stopped' | 'short_of_resources' | 'retried' | 'ready'

export type ProgressData = { readonly rev: number; readonly progress: number | null } & Partial<
  Pick<Job, 'phase' | 'frame' | 'fps' | 'speed' | 'out_time_s' | 'bytes' | 'total_bytes' | 'eta_s'>
>

/** Everything that a reader of a job's channel can be sent, by type. */
export interface EventDataByType {
  snapshot: Job
  status: StatusData
  progress: ProgressData
  new_logs: { readonly first: number; readonly last: number; readonly new_logs: readonly string[]; readonly lines: readonly LogLine[] }
  artifact: { readonly artifact: Artifact }
  result: { readonly result: Readonly<Record<string, unknown>> }
  error: { readonly error: JobError }
  end: { readonly status: JobStatus }
  ping: Readonly<Record<string, never>>
  reset: { readonly earliest: string }
}

export type EventType = keyof EventDataByType

/** One event as it stands in the log and travels. `offset` is where to resume after it; what is not in the log has none. */
export type JobEvent = {
  [Type in EventType]: { readonly offset?: string; readonly type: Type; readonly at?: number; readonly data: EventDataByType[Type] }
}[EventType]

/** What a list of jobs shows of each. */
export type JobSummary = Pick<Job, 'id' | 'tool' | 'status' | 'attempt' | 'created_at' | 'progress'> &
  Partial<Pick<Job, 'name' | 'phase' | 'bytes' | 'total_bytes' | 'queue_position' | 'waiting_for' | 'fps' | 'speed' | 'eta_s' | 'started_at' | 'ended_at'>> & {
    readonly error?: Pick<JobError, 'code' | 'message'>
  }

/** What the feed of all jobs tells. */
export interface FeedDataByType {
  /** The newest jobs. */
  snapshot: { readonly jobs: readonly JobSummary[] }
  job: JobSummary
  job_removed: { readonly id: string }
  /** Those that wait, the next one first. */
  queue: { readonly waiting: readonly string[] }
  ping: Readonly<Record<string, never>>
  reset: { readonly earliest: string }
}

export type FeedEvent = {
  [Type in keyof FeedDataByType]: { readonly offset?: string; readonly type: Type; readonly at?: number; readonly data: FeedDataByType[Type] }
}[keyof FeedDataByType]

export const EMPTY_JOB: Job = {
  id: '', tool: '', input: null, status: 'queued', attempt: 0, created_at: 0,
  progress: null, total_logs: 0, artifacts: [], result: {},
}

export function hasEnded(status: JobStatus): boolean {
  return status === 'completed' || status === 'failed' || status === 'cancelled'
}

/**
 * Folds one event into a job. The server, the SDK and the web page use this same function, so a reader that replays
 * the log holds exactly the job that `GET /api/jobs/:id` returns.
 */
export function applyEvent(job: Job, event: JobEvent): Job {
  switch (event.type) {
    case 'snapshot':
      return event.data
    case 'status':
      return applyStatus(job, event.data)
    case 'progress': {
      const { rev: _, ...progress } = event.data
      return hasEnded(job.status) ? job : { ...withoutProgress(job), ...progress }
    }
    case 'new_logs':
      return { ...job, total_logs: Math.max(job.total_logs, event.data.last) }
    case 'artifact':
      return { ...job, artifacts: withArtifact(job.artifacts, event.data.artifact) }
    case 'result':
      return { ...job, result: { ...job.result, ...event.data.result } }
    case 'error':
      return { ...job, error: event.data.error }
    case 'end':
    case 'ping':
    case 'reset':
      return job
  }
}

/** In the place of the one that it replaces. */
function withArtifact(artifacts: readonly Artifact[], artifact: Artifact): readonly Artifact[] {
  const index = artifacts.findIndex(({ name }) => name === artifact.name)
  return index === -1 ? [...artifacts, artifact] : artifacts.with(index, artifact)
}

/** A new attempt starts clean: what an earlier one left is not this one's. What ends otherwise than completed keeps no artifacts. */
function applyStatus(job: Job, { reason: _, rev: __, ...data }: StatusData): Job {
  const { queue_position: ___, waiting_for: ____, ...settled } = withoutProgress(job)
  if (data.status === 'failed' || data.status === 'cancelled') return { ...settled, artifacts: [], ...data }
  if (data.status !== 'queued') return { ...settled, ...data }
  const { error, started_at, ended_at, expires_at, ...waiting } = settled
  return { ...waiting, progress: null, artifacts: [], result: {}, ...data }
}

function withoutProgress(job: Job): Job {
  const { phase, frame, fps, speed, out_time_s, bytes, total_bytes, eta_s, ...rest } = job
  return rest
}
