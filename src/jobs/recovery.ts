import { existsSync, statSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { ArtifactStore } from './artifact-store.ts'
import { ifPresent } from './file-error.ts'
import type { IdempotencyKeys } from './idempotency-keys.ts'
import { hasEnded } from './job.ts'
import type { IndexedJob, JobIndex } from './job-index.ts'
import type { JobLog } from './job-log.ts'
import type { JobQueue } from './job-queue.ts'
import type { JobRemoval } from './job-removal.ts'
import type { RequestStore } from './request-store.ts'
import type { StoredJob } from './stored-job.ts'
import type { WaitingJobs } from './waiting-jobs.ts'
import { end } from './worker.ts'
import { removeWorkspace, workspaceOf } from './workspace.ts'

/** A job that took the hub down this often is not run again: it may be why. */
const MOST_INTERRUPTIONS = 3
/** Files are read by a few threads. */
const LOGS_AT_ONCE = 16
const JOB_ID = /^[0-9A-Za-z]{22}$/

export interface RecoveryOptions {
  readonly jobsDirectory: string
  readonly logFile: (jobId: string) => string
  readonly readJob: (jobId: string) => Promise<StoredJob | undefined>
  readonly log: JobLog
  readonly index: JobIndex
  readonly queue: JobQueue
  readonly requests: RequestStore
  readonly artifacts: ArtifactStore
  readonly removal: JobRemoval
  readonly idempotencyKeys: IdempotencyKeys
  readonly waiting: Pick<WaitingJobs, 'enter' | 'lookAtAll'>
  readonly retentionMs: number
  /** Ends what still works for a job since before the hub went down. */
  readonly endChildren: (jobId: string) => Promise<void>
  /** Told of a job whose files are damaged, and have been put aside. */
  readonly onUnreadable: (jobId: string, error: unknown) => void
}

/**
 * Puts things in order before the first request: the logs are the truth, and the index and queue follow. Jobs that
 * were waiting wait on, those that were running are run again, and their readers go on where they were.
 */
export async function recover(options: RecoveryOptions): Promise<void> {
  const { jobsDirectory, index, queue, waiting, removal } = options
  await removal.emptyTrash()
  const stored = new Set((await ifPresent(readdir(jobsDirectory)))?.filter((name) => JOB_ID.test(name)))
  const indexed = index.all()
  for (const { id } of indexed) if (!stored.has(id)) index.remove(id, Date.now())
  for (const { id } of indexed) stored.delete(id)
  for (const id of stored) await unlessUnreadable(id, options, () => reindex(id, options))
  const inDoubt = index.all().filter((job) => isInDoubt(job, options))
  for (let first = 0; first < inDoubt.length; first += LOGS_AT_ONCE) {
    const some = inDoubt.slice(first, first + LOGS_AT_ONCE).map(({ id }) => ({ id, reading: options.readJob(id) }))
    await Promise.allSettled(some.map(({ reading }) => reading))
    for (const { id, reading } of some) await unlessUnreadable(id, options, async () => resume(id, await reading, options))
  }
  queue.retain(new Set(index.all().filter(({ status }) => !hasEnded(status)).map(({ id }) => id)))
  await waiting.lookAtAll()
}

async function unlessUnreadable(id: string, { removal, onUnreadable }: RecoveryOptions, action: () => Promise<void>): Promise<void> {
  try {
    await action()
  } catch (error) {
    onUnreadable(id, error)
    await removal.putAside(id)
  }
}

/** Into the index; what is still to be done is found there. A directory of which nobody was told a 202 holds no job. */
async function reindex(id: string, { readJob, index, requests, removal, idempotencyKeys }: RecoveryOptions): Promise<void> {
  const stored = await readJob(id)
  if (!stored) return removal.remove(id)
  const { fingerprint = '', idempotencyKey, owner } = (await requests.get(id)) ?? {}
  if (idempotencyKey !== undefined) idempotencyKeys.remember(idempotencyKey, { fingerprint, jobId: id, at: stored.job.created_at })
  index.insert(stored.job, { fingerprint, logBytes: stored.logBytes, owner })
}

/**
 * Whether a job has more to do, or its row may be older than its log: a power cut takes the last rows and not the log.
 * Synchronous, since it looks at every job there is: two calls each, some 10 µs, where a promise takes ten times that.
 */
function isInDoubt({ id, status, logBytes }: IndexedJob, { jobsDirectory, logFile }: RecoveryOptions): boolean {
  return !hasEnded(status) || statSync(logFile(id), { throwIfNoEntry: false })?.size !== logBytes ||
    existsSync(workspaceOf(join(jobsDirectory, id)))
}

class LogLostError extends Error {
  override name = 'LogLostError'
}

async function resume(id: string, stored: StoredJob | undefined, options: RecoveryOptions): Promise<void> {
  const { jobsDirectory, log, index, waiting, artifacts, retentionMs, endChildren } = options
  if (!stored) throw new LogLostError('A job that was accepted has no log that can be read')
  const { job, interruptions, logBytes, isClosed } = stored
  await endChildren(id)
  await removeWorkspace(join(jobsDirectory, id))
  index.update(job, { logBytes })
  if (hasEnded(job.status)) {
    // Its last lines were written in one piece, but a power cut may have kept only the first of them.
    if (!isClosed) await log.record(id, [{ type: 'end', data: { status: job.status } }], { durable: true })
    return
  }
  await artifacts.remove(id)
  if (job.status === 'queued') return waiting.enter(job, index.ownerOf(id))
  const writer = await log.write(id)
  try {
    if (interruptions + 1 < MOST_INTERRUPTIONS) {
      await writer.append([{ type: 'status', data: { status: 'queued', reason: 'interrupted' } }], { attempt: job.attempt, durable: true })
      waiting.enter(job, index.ownerOf(id))
      return
    }
    const error = {
      code: 'interrupted', message: `The hub went down ${MOST_INTERRUPTIONS} times while the job ran`,
      hint: 'It may be the cause; retry it when the hub has been looked after', log_tail: [],
    }
    await end(writer, { status: 'failed', attempt: job.attempt, retentionMs, error })
  } finally {
    writer.release()
  }
}
