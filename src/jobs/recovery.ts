import { readdir } from 'node:fs/promises'
import type { EventLog } from '../streams/event-log.ts'
import { ifPresent } from './file-error.ts'
import { hasEnded } from './job.ts'
import type { JobFold } from './job-fold.ts'
import type { JobIndex } from './job-index.ts'
import type { JobLog } from './job-log.ts'
import type { JobQueue } from './job-queue.ts'
import type { JobRemoval } from './job-removal.ts'
import type { RequestStore } from './request-store.ts'
import { end } from './worker.ts'

/** A job that took the hub down this often is not run again: it may be why. */
const MOST_INTERRUPTIONS = 3

export interface RecoveryOptions {
  readonly jobsDirectory: string
  readonly events: EventLog<JobFold>
  readonly log: JobLog
  readonly index: JobIndex
  readonly queue: JobQueue
  readonly requests: RequestStore
  readonly removal: JobRemoval
  readonly retentionMs: number
  /** Ends what still works for a job since before the hub went down. */
  readonly endChildren: (jobId: string) => Promise<void>
}

/**
 * Puts things in order before the first request: the logs are the truth, and the index and queue follow. Jobs that
 * were waiting wait on, those that were running are run again, and their readers go on where they were.
 */
export async function recover(options: RecoveryOptions): Promise<void> {
  const { jobsDirectory, index, queue, removal } = options
  await removal.emptyTrash()
  const stored = new Set(await ifPresent(readdir(jobsDirectory)))
  const indexed = new Set(index.ids())
  for (const id of indexed) {
    if (stored.has(id)) continue
    index.remove(id, Date.now())
    queue.forget(id)
  }
  const lost = [...stored].filter((id) => !indexed.has(id))
  for (const id of await oldestFirst(lost, options)) await reindex(id, options)
  for (const id of index.unendedIds()) await resume(id, options)
}

async function oldestFirst(ids: readonly string[], { events }: RecoveryOptions): Promise<string[]> {
  const jobs: { id: string; createdAt: number }[] = []
  for (const id of ids) {
    const open = await events.open(id)
    jobs.push({ id, createdAt: open?.stream.fold.job.created_at ?? 0 })
  }
  return jobs.sort((a, b) => a.createdAt - b.createdAt).map(({ id }) => id)
}

/** A directory of which nobody was told a 202 holds no job: it goes. */
async function reindex(id: string, { events, index, requests, removal, queue }: RecoveryOptions): Promise<void> {
  const open = await events.open(id)
  const request = await requests.get(id)
  if (!open || open.stream.head === 0 || !request) return removal.remove(id)
  const { job } = open.stream.fold
  index.insert(job, { fingerprint: request.fingerprint })
  if (!hasEnded(job.status)) queue.enqueue(id)
}

async function resume(id: string, { events, log, index, queue, retentionMs, endChildren }: RecoveryOptions): Promise<void> {
  const open = await events.open(id)
  if (!open) return
  const { job } = open.stream.fold
  if (hasEnded(job.status)) {
    // It ended, and the hub went down before the index was told.
    if (!open.stream.isClosed) await log.record(id, [{ type: 'end', data: { status: job.status } }], { durable: true })
    else index.update(job)
    queue.forget(id)
    return
  }
  await endChildren(id)
  if (job.status === 'queued') return queue.enqueue(id)
  const writer = await log.write(id)
  try {
    if (writer.interruptions + 1 < MOST_INTERRUPTIONS) {
      await writer.append([{ type: 'status', data: { status: 'queued', reason: 'interrupted' } }], { attempt: job.attempt, durable: true })
      queue.enqueue(id)
      return
    }
    const error = {
      code: 'interrupted', message: `The hub went down ${MOST_INTERRUPTIONS} times while the job ran`,
      hint: 'It may be the cause; retry it when the hub has been looked after', log_tail: [],
    }
    await end(writer, { status: 'failed', attempt: job.attempt, retentionMs, error })
    queue.forget(id)
  } finally {
    writer.release()
  }
}
