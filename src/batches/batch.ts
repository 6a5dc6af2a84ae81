import { hasEnded, type Artifact, type Job, type JobError, type JobStatus } from '../jobs/job.ts'

/** How many jobs one batch may have. */
export const MOST_ITEMS = 500

/** One job of a batch, as far as the batch tells of it. */
export interface BatchItem {
  /** From 0, in the order of the submission. */
  readonly index: number
  /** The job's id. */
  readonly job: string
  readonly tool: string
  readonly name?: string
  readonly status: JobStatus
  readonly attempt: number
  readonly started_at?: number
  readonly ended_at?: number
  /** Of one that has completed. */
  readonly artifacts?: readonly Artifact[]
  readonly result?: Readonly<Record<string, unknown>>
  /** Of one that has failed, or was cancelled for a reason. */
  readonly error?: Pick<JobError, 'code' | 'message' | 'hint'>
}

/**
 * A batch as the API shows it: the body of `GET /api/batches/:id`, the data of `snapshot`, and the fold of the batch's
 * events. It is queued until one of its jobs has begun, and ends when all have: `completed` if all have completed,
 * `failed` if one has failed, else `cancelled`.
 */
export interface Batch {
  readonly id: string
  readonly status: JobStatus
  /** Milliseconds since 1970. */
  readonly created_at: number
  readonly ended_at?: number
  /** Until then it and its jobs are kept; set once it has ended. */
  readonly expires_at?: number
  /** 0 to 100, over all of its jobs, each counting the same; one that has ended counts whole. */
  readonly progress: number
  readonly counts: Readonly<Record<JobStatus, number>>
  readonly items: readonly BatchItem[]
  /** In answers and snapshots: follow from here and miss nothing. */
  readonly offset?: string
}

export interface BatchProgress {
  readonly rev: number
  readonly progress: number
  /** Those that run. */
  readonly running: readonly { readonly index: number; readonly job: string; readonly progress: number | null; readonly eta_s?: number }[]
}

/** Everything that a reader of a batch's channel can be sent, by type. */
export interface BatchEventData {
  snapshot: Batch
  /** The first one holds the items. */
  status: { readonly status: JobStatus } & Partial<Pick<Batch, 'id' | 'created_at' | 'ended_at' | 'expires_at' | 'items'>>
  item: { readonly item: BatchItem }
  progress: BatchProgress
  end: { readonly status: JobStatus }
  ping: Readonly<Record<string, never>>
  reset: { readonly earliest: string }
}

export type BatchEvent = {
  [Type in keyof BatchEventData]: { readonly offset?: string; readonly type: Type; readonly at?: number; readonly data: BatchEventData[Type] }
}[keyof BatchEventData]

const NONE = { queued: 0, running: 0, completed: 0, failed: 0, cancelled: 0 } as const

export const EMPTY_BATCH: Batch = { id: '', status: 'queued', created_at: 0, progress: 0, counts: NONE, items: [] }

/** Folds one event into a batch. */
export function applyBatchEvent(batch: Batch, event: BatchEvent): Batch {
  switch (event.type) {
    case 'snapshot':
      return event.data
    case 'status': {
      const { ended_at, expires_at, ...settled } = batch
      return counted({ ...settled, ...event.data })
    }
    case 'item':
      return counted({ ...batch, items: batch.items.map((item) => (item.index === event.data.item.index ? event.data.item : item)) })
    case 'progress':
      return { ...batch, progress: event.data.progress }
    default:
      return batch
  }
}

function counted(batch: Batch): Batch {
  const counts: Record<JobStatus, number> = { ...NONE }
  for (const { status } of batch.items) counts[status]++
  return { ...batch, counts, progress: progressOf(batch.items) }
}

/** `running` are those that run, by their index: how far each is, 0 to 100. */
export function progressOf(items: readonly BatchItem[], running: ReadonlyMap<number, number | null> = new Map()): number {
  const sum = items.reduce((total, { index, status }) => total + (hasEnded(status) ? 100 : (running.get(index) ?? 0)), 0)
  return items.length === 0 ? 0 : Math.floor((sum / items.length) * 10) / 10
}

export function itemOf(index: number, job: Job): BatchItem {
  const { id, tool, name, status, attempt, started_at, ended_at, artifacts, result, error } = job
  return {
    index, job: id, tool, ...(name !== undefined && { name }), status, attempt,
    ...(started_at !== undefined && { started_at }), ...(ended_at !== undefined && { ended_at }),
    ...(status === 'completed' && { artifacts, result }),
    ...(error && { error: { code: error.code, message: error.message, ...(error.hint !== undefined && { hint: error.hint }) } }),
  }
}

/** What all of its items together make of a batch. */
export function statusOf(items: readonly BatchItem[]): JobStatus {
  const isAny = (wanted: JobStatus) => items.some(({ status }) => status === wanted)
  if (items.every(({ status }) => hasEnded(status))) return isAny('failed') ? 'failed' : isAny('cancelled') ? 'cancelled' : 'completed'
  return items.every(({ status }) => status === 'queued') ? 'queued' : 'running'
}
