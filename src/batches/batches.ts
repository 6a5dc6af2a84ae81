import { rename, rm, mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { nanoid } from 'nanoid'
import { HubError } from '../errors.ts'
import type { Caller } from '../jobs/caller.ts'
import { ifPresent } from '../jobs/file-error.ts'
import { hasEnded, type Job } from '../jobs/job.ts'
import type { Jobs } from '../jobs/jobs.ts'
import type { JobIndex } from '../jobs/job-index.ts'
import type { RequestStore } from '../jobs/request-store.ts'
import type { EventLog, OpenStream } from '../streams/event-log.ts'
import type { BatchFold } from './batch-fold.ts'
import type { BatchFilter, BatchIndex } from './batch-index.ts'
import type { BatchIntake, BatchRequest } from './batch-intake.ts'
import type { BatchLog } from './batch-log.ts'
import type { BatchSubmission } from './batch-submission.ts'
import type { Batch } from './batch.ts'

export interface BatchesOptions {
  readonly directory: string
  readonly trashDirectory: string
  readonly events: EventLog<BatchFold>
  readonly index: BatchIndex
  readonly log: BatchLog
  readonly intake: BatchIntake
  readonly requests: RequestStore<BatchRequest>
  readonly jobs: Jobs
  readonly jobIndex: Pick<JobIndex, 'all' | 'get' | 'remove' | 'wasRemoved'>
  /** Removes a job of a batch that was not made after all. */
  readonly discardJob: (id: string) => Promise<void>
  readonly retentionMs: number
  /** Called while the files are still there. Never rejects. */
  readonly onRemoving: (id: string) => Promise<void>
  readonly onError: (batchId: string, error: unknown) => void
}

const BATCH_ID = /^[0-9A-Za-z]{22}$/

/** The face of this folder: what can be asked of batches. Every method throws HubErrors. */
export class Batches {
  readonly #options: BatchesOptions

  constructor(options: BatchesOptions) {
    this.#options = options
  }

  /** Resolves when all of it is on the disk for good. */
  async submit(submission: BatchSubmission, { caller, idempotencyKey }: { caller: Caller; idempotencyKey: string | undefined }): Promise<Batch> {
    return this.get(await this.#options.intake.submit(submission, { caller, idempotencyKey }))
  }

  /** As of now, with the offset to follow it from. */
  async get(id: string): Promise<Batch> {
    const { stream, broadcast } = await this.openStream(id)
    return broadcast.snapshotData(stream.head) as Batch
  }

  async list(filter: BatchFilter): Promise<{ readonly batches: readonly Omit<Batch, 'items'>[]; readonly next_cursor: string | null }> {
    const { ids, nextCursor } = this.#options.index.list(filter)
    const found = await Promise.all(ids.map((id) => this.get(id).catch(() => undefined)))
    return { batches: found.flatMap((batch) => (batch ? [withoutItems(batch)] : [])), next_cursor: nextCursor }
  }

  /** Throws a HubError where the batch is another's; of one that is nobody's, who knows its id is its master. */
  assertMayChange(id: string, { owner, reach }: Caller): void {
    const master = this.#options.index.get(id)?.owner
    if (reach === 'all' || master === undefined || master === owner) return
    throw new HubError('forbidden', 'The batch is that of another key', { hint: 'Use the key that submitted it, or one with the scope admin' })
  }

  /** Cancels what has not ended. */
  async cancel(id: string): Promise<Batch> {
    const { jobs, log } = this.#options
    await this.#each(await this.get(id), async ({ job, status }) => {
      if (!hasEnded(status)) await jobs.cancel(job)
    })
    await log.catchUp(id)
    return this.get(id)
  }

  /** Queues again what has failed or was cancelled. */
  async retry(id: string): Promise<Batch> {
    const { jobs, log } = this.#options
    const batch = await this.get(id)
    const wanted = batch.items.filter(({ status }) => status === 'failed' || status === 'cancelled')
    if (wanted.length === 0) {
      throw new HubError('job_active', 'No job of this batch has failed or was cancelled', { hint: 'A job that has completed is retried by itself' })
    }
    await this.#each({ items: wanted }, async ({ job }) => void (await jobs.retry(job)))
    await log.catchUp(id)
    return this.get(id)
  }

  /** Removes it with its jobs; those that still run are cancelled first. */
  async remove(id: string): Promise<void> {
    const { jobs } = this.#options
    const batch = await this.cancel(id)
    await this.#each(batch, ({ job }) => jobs.remove(job))
    await this.#forget(id)
  }

  /** The batch's stream, to be followed. */
  async openStream(id: string): Promise<OpenStream<BatchFold>> {
    const { events, index, jobIndex } = this.#options
    const open = index.get(id) ? await events.open(id) : undefined
    if (open) return open
    if (jobIndex.wasRemoved(id)) throw new HubError('job_expired', 'The batch has been removed; batches are kept for a time after they end')
    throw new HubError('batch_not_found', `There is no batch "${id.slice(0, 40)}"`)
  }

  /** Whether a job is kept since its batch is. */
  keeps(jobId: string, now: number): boolean {
    const batchId = this.#options.jobIndex.get(jobId)?.batch?.id
    const batch = batchId === undefined ? undefined : this.#options.index.get(batchId)
    return batch !== undefined && (batch.expiresAt === undefined || batch.expiresAt > now)
  }

  get readerCount(): number {
    return this.#options.events.followerCount
  }

  /** Puts things in order after the jobs have been. A batch that cannot be read is moved out of the way with what is left of it. */
  async recover(): Promise<void> {
    const { directory, index, onError } = this.#options
    await mkdir(directory, { recursive: true })
    const stored = new Set((await readdir(directory)).filter((name) => BATCH_ID.test(name)))
    for (const { id } of index.all()) if (!stored.has(id)) index.remove(id)
    for (const id of stored) {
      const known = index.get(id)
      if (known?.expiresAt !== undefined && known.logBytes > 0) continue
      try {
        await this.#recover(id)
      } catch (error) {
        onError(id, error)
        await this.discard(id)
      }
    }
    await this.#discardStrays()
  }

  /** Removes what has expired; its jobs go by themselves. */
  async sweep(now: number, { aheadMs }: { readonly aheadMs: number }): Promise<void> {
    const { index, retentionMs } = this.#options
    index.moveTimes({ aheadMs, latest: now + retentionMs })
    for (const id of index.expired(now)) await this.#forget(id)
  }

  /** Removes what there is of a batch, but for its jobs. */
  async discard(id: string): Promise<void> {
    const { directory, trashDirectory, events, index, log } = this.#options
    log.forget(id)
    index.remove(id)
    await events.remove(id)
    await mkdir(trashDirectory, { recursive: true }).catch(() => undefined)
    const trash = join(trashDirectory, nanoid())
    await rename(join(directory, id), trash).catch(() => undefined)
    await rm(trash, { recursive: true, force: true })
    await rm(join(directory, id), { recursive: true, force: true })
  }

  async #forget(id: string): Promise<void> {
    await this.#options.onRemoving(id)
    await this.discard(id)
    this.#options.jobIndex.remove(id, Date.now())
  }

  /** Jobs of a batch that could not be made whole: the hub went down before they were removed again. */
  async #discardStrays(): Promise<void> {
    const { index, jobIndex, discardJob } = this.#options
    for (const { id, status } of jobIndex.all()) {
      const { batch, attempt } = (status === 'queued' && jobIndex.get(id)) || {}
      if (batch && attempt === 0 && !index.get(batch.id) && !jobIndex.wasRemoved(batch.id)) await discardJob(id)
    }
  }

  async #recover(id: string): Promise<void> {
    const { events, index, intake, log, requests } = this.#options
    const request = await requests.get(id)
    const { stream } = (await ifPresent(events.open(id))) ?? {}
    // A directory of which nobody was told a 202, and none of whose jobs has been made.
    if (!request || !stream || stream.head === 0) return this.discard(id)
    index.insert(id, { owner: request.owner, createdAt: request.createdAt })
    intake.remember(id, request)
    index.update(id, { expiresAt: stream.fold.batch.expires_at, logBytes: stream.head })
    if (!stream.isClosed) await intake.complete(request)
    await log.catchUp(id)
  }

  /** One that is gone meanwhile is none to be changed. */
  async #each({ items }: Pick<Batch, 'items'>, action: (item: Batch['items'][number]) => Promise<void>): Promise<void> {
    for (const item of items) {
      await action(item).catch((error: unknown) => {
        if (!(error instanceof HubError) || !GONE.has(error.status)) throw error
      })
    }
  }
}

const GONE: ReadonlySet<number> = new Set([404, 409, 410])

function withoutItems({ items: _, ...batch }: Batch): Omit<Batch, 'items'> {
  return batch
}

/** Of a job that is gone there is nothing to be said. */
export function findJob(jobs: Pick<Jobs, 'get'>, id: string): Job | undefined {
  try {
    return jobs.get(id)
  } catch (error) {
    if (error instanceof HubError) return undefined
    throw error
  }
}
