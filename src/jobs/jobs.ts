import { HubError } from '../errors.ts'
import type { EventLog, OpenStream } from '../streams/event-log.ts'
import { StreamClosedError } from '../streams/stream.ts'
import type { ArtifactStore } from './artifact-store.ts'
import type { CancelReason } from './attempt-limits.ts'
import type { Caller } from './caller.ts'
import { hasEnded, type Job } from './job.ts'
import type { JobFeed } from './job-feed.ts'
import type { JobFold } from './job-fold.ts'
import type { JobFilter, JobIndex, JobPage } from './job-index.ts'
import type { JobIntake, Submission } from './job-intake.ts'
import type { JobLog } from './job-log.ts'
import type { JobQueue } from './job-queue.ts'
import type { JobRemoval } from './job-removal.ts'
import type { RequestStore } from './request-store.ts'
import type { Turns } from './turns.ts'
import type { UploadProgress } from './upload-progress.ts'
import type { WaitingJobs } from './waiting-jobs.ts'
import { endCancelled } from './worker.ts'
import type { WorkerPool } from './worker-pool.ts'

export interface JobsOptions {
  readonly events: EventLog<JobFold>
  readonly log: JobLog
  readonly index: JobIndex
  readonly queue: JobQueue
  readonly pool: WorkerPool
  readonly feed: JobFeed
  readonly intake: JobIntake
  readonly waiting: WaitingJobs
  readonly uploadProgress: UploadProgress
  readonly turns: Turns
  readonly requests: RequestStore
  readonly artifacts: ArtifactStore
  readonly removal: JobRemoval
  readonly retentionMs: number
}

/** The face of this folder: what can be asked of jobs. Every method throws HubErrors. */
export class Jobs {
  readonly #options: JobsOptions
  readonly #turns: Turns

  constructor(options: JobsOptions) {
    this.#options = options
    this.#turns = options.turns
  }

  /** Resolves when the job is on the disk for good. */
  async submit(submission: Submission): Promise<Job> {
    return this.get(await this.#options.intake.submit(submission))
  }

  /** The newest job that was asked for the same and has not failed: its result serves. */
  findSame(submission: Submission): Job | undefined {
    const same = this.#options.intake.findSame(submission)
    return same && this.get(same.id)
  }

  /** The id of the job that this caller has submitted with that idempotency key, and the key of a job. */
  idOfKey(key: string, caller: Caller): string | undefined {
    return this.#options.intake.idOfKey(key, caller)
  }

  keyOf(id: string): string | undefined {
    return this.#options.intake.keyOf(id)
  }

  /** As of now: with its progress while it runs, its place while it waits, and the offset to follow from. */
  get(id: string): Job {
    const { index, queue } = this.#options
    const job = this.#peek(id) ?? index.get(id)
    if (!job) throw this.#unknown(id)
    return this.#placed(job, queue.position(id))
  }

  /** Whether `get` would find it. */
  has(id: string): boolean {
    return this.#options.index.get(id) !== undefined
  }

  list(filter: JobFilter): JobPage {
    const page = this.#options.index.list(filter)
    if (page.jobs.every(({ status }) => hasEnded(status))) return page
    const positions = new Map(this.#options.queue.waiting().map((id, index) => [id, index + 1]))
    const asOfNow = (job: Job) => this.#placed(this.#peek(job.id) ?? job, positions.get(job.id))
    return { ...page, jobs: page.jobs.map((job) => (hasEnded(job.status) ? job : asOfNow(job))) }
  }

  /** How many `list` would list. */
  count(filter: Pick<JobFilter, 'statuses' | 'tool' | 'owner'>): number {
    return this.#options.index.count(filter)
  }

  /** Throws a HubError where the job is another's; of one that is nobody's, who knows its id is its master. */
  assertMayChange(id: string, { owner, reach }: Caller): void {
    const master = this.#options.index.ownerOf(id)
    if (reach === 'all' || master === undefined || master === owner) return
    throw new HubError('forbidden', 'The job is that of another key', { hint: 'Use the key that submitted it, or one with the scope admin' })
  }

  /** A job that has ended stays as it is. The reason becomes the job's error. */
  cancel(id: string, reason?: CancelReason): Promise<Job> {
    return this.#turns.take(id, () => this.#cancel(id, reason))
  }

  /** Queues an ended job again; its log goes on where it ended. */
  retry(id: string): Promise<Job> {
    return this.#turns.take(id, async () => {
      const { log, index, pool, intake, waiting, requests, artifacts } = this.#options
      const { status } = this.get(id)
      if (!hasEnded(status)) {
        throw new HubError('job_active', `The job is ${status} and can be retried when it has ended`, { hint: 'Cancel it first' })
      }
      if (!(await requests.get(id))) throw new HubError('job_expired', 'What the job was asked for is no longer kept')
      await intake.admit(1, async () => {
        const job = await log.record(id, [{ type: 'status', data: { status: 'queued', reason: 'retried' } }], { reopen: true, durable: true })
        // After the log, or a crash between the two would leave a completed job without its files.
        await artifacts.remove(id).finally(() => waiting.enter(job, index.ownerOf(id)))
      })
      waiting.look(id)
      pool.wake()
      return this.get(id)
    })
  }

  /** A job that still runs is cancelled first. */
  remove(id: string): Promise<void> {
    return this.#turns.take(id, async () => {
      await this.#cancel(id)
      await this.#options.removal.remove(id)
      this.#options.waiting.changed({ id, status: 'cancelled' })
    })
  }

  /** Removes a job unless it has been retried since, ends later than `now` allows, or is needed by one that has not run. False: it is still there. */
  removeEnded(id: string, { expiresBy }: { expiresBy: number }): Promise<boolean> {
    return this.#turns.take(id, async () => {
      const { index, waiting, removal } = this.#options
      const job = index.get(id)
      const isDue = job && hasEnded(job.status) && (job.expires_at ?? 0) <= expiresBy && !waiting.isNeeded(id)
      if (isDue) await removal.remove(id)
      return isDue === true
    })
  }

  /** The job's stream, to be followed. */
  async openStream(id: string): Promise<OpenStream<JobFold>> {
    const { events, index, queue } = this.#options
    const open = index.get(id) ? await events.open(id) : undefined
    if (!open) throw this.#unknown(id)
    const position = open.stream.fold.job.status === 'queued' ? queue.position(id) : undefined
    if (position !== undefined) this.#options.pool.place(open, position)
    else this.#options.uploadProgress.show(open)
    return open
  }

  /** The job once it has ended. Rejects with the signal's reason. */
  async untilEnded(id: string, signal: AbortSignal): Promise<Job> {
    const { stream } = await this.openStream(id)
    const watch = stream.watch()
    try {
      while (!stream.isClosed) {
        await watch.changed(signal)
        signal.throwIfAborted()
      }
    } finally {
      watch.stop()
    }
    return this.get(id)
  }

  openFeed(): Promise<OpenStream> {
    return this.#options.feed.open()
  }

  get readerCount(): number {
    return this.#options.events.followerCount + this.#options.feed.followerCount
  }

  counts(): { readonly running: number; readonly waiting: number } {
    return { running: this.#options.pool.runningCount, waiting: this.#options.queue.waitingCount }
  }

  /** More than once if need be: while the hub stops, a running job may go back to the queue instead of ending. */
  async #cancel(id: string, reason?: CancelReason): Promise<Job> {
    const { queue, pool } = this.#options
    for (;;) {
      const job = this.get(id)
      if (hasEnded(job.status)) return job
      if (!queue.withdraw(id) && (await pool.cancel(id, reason))) continue
      // Its place may also be claimed by a worker that broke down.
      queue.forget(id)
      await this.#endCancelled(id, reason)
      pool.placeWaiting()
    }
  }

  async #endCancelled(id: string, reason: CancelReason | undefined): Promise<void> {
    const { log, retentionMs } = this.#options
    const writer = await log.write(id)
    try {
      await endCancelled(writer, { reason, attempt: writer.job.attempt, retentionMs })
    } catch (error) {
      if (!(error instanceof StreamClosedError)) throw error
    } finally {
      writer.release()
    }
  }

  /** As the log tells it, where that is in memory. */
  #peek(id: string): Job | undefined {
    const live = this.#options.events.peek(id)
    return live && live.stream.head > 0 ? (live.broadcast.snapshotData(live.stream.head) as Job) : undefined
  }

  /** Where it stands in the queue, or how far the uploads are that it waits for. */
  #placed(job: Job, position: number | undefined): Job {
    if (job.status !== 'queued') return job
    return { ...job, ...(position === undefined ? this.#options.uploadProgress.of(job) : { queue_position: position }) }
  }

  #unknown(id: string): HubError {
    if (this.#options.index.wasRemoved(id)) {
      return new HubError('job_expired', 'The job has been removed; jobs are kept for a time after they end')
    }
    return new HubError('job_not_found', `There is no job "${id.slice(0, 40)}"`)
  }
}
