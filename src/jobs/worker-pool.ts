import { nanoid } from 'nanoid'
import type { EventLog, OpenStream } from '../streams/event-log.ts'
import { HubStoppingError, JobCancelledError, LeaseLostError } from './attempt-limits.ts'
import type { JobFold } from './job-fold.ts'
import type { Claim, JobQueue } from './job-queue.ts'
import type { Outcome } from './worker.ts'

const EXTEND_EACH_MS = 10_000

export interface WorkerPoolOptions {
  readonly queue: JobQueue
  readonly events: EventLog<JobFold>
  readonly slots: number
  readonly work: (jobId: string, signal: AbortSignal) => Promise<Outcome>
  readonly onInternalError: (jobId: string, error: unknown) => void
}

interface Running {
  readonly claim: Claim
  readonly abort: AbortController
  readonly done: Promise<void>
}

/** Takes jobs from the queue, so many at a time, and holds their leases while they run. */
export class WorkerPool {
  readonly worker = nanoid()
  isStopping = false
  readonly #options: WorkerPoolOptions
  readonly #running = new Map<string, Running>()
  readonly #timer: NodeJS.Timeout

  constructor(options: WorkerPoolOptions) {
    this.#options = options
    this.#timer = setInterval(() => this.#extendLeases(), EXTEND_EACH_MS).unref()
  }

  get runningCount(): number {
    return this.#running.size
  }

  get freeSlots(): number {
    return this.#options.slots - this.#running.size
  }

  /** There may be something to do. */
  wake(): void {
    while (!this.isStopping && this.freeSlots > 0) {
      const claim = this.#options.queue.claim(this.worker, Date.now())
      if (!claim) break
      this.#start(claim)
    }
    this.placeWaiting()
  }

  /** Resolves when the job has ended; a job that does not run here is left alone. */
  async cancel(jobId: string): Promise<void> {
    const running = this.#running.get(jobId)
    running?.abort.abort(new JobCancelledError('cancelled on request'))
    await running?.done
  }

  /** Tells the jobs that wait, and are watched, where they stand. */
  placeWaiting(): void {
    for (const [index, jobId] of this.#options.queue.waiting().entries()) {
      const open = this.#options.events.peek(jobId)
      if (open && (open.broadcast.size > 0 || open.stream.watchCount > 0)) this.place(open, index + 1)
    }
  }

  place({ stream }: OpenStream<JobFold>, position: number): void {
    const known = (stream.last?.data as { queue_position?: number } | undefined)?.queue_position
    if (known !== position) stream.setLast('status', { status: 'queued', queue_position: position })
  }

  /** Takes no more; lets what runs go on for `drainMs`, then puts it back into the queue. */
  async stop({ drainMs }: { drainMs: number }): Promise<void> {
    this.isStopping = true
    const timer = setTimeout(() => {
      for (const { abort } of this.#running.values()) abort.abort(new HubStoppingError('the hub is stopping'))
    }, drainMs)
    while (this.#running.size > 0) await Promise.all([...this.#running.values()].map(({ done }) => done))
    clearTimeout(timer)
    clearInterval(this.#timer)
  }

  #start(claim: Claim): void {
    const abort = new AbortController()
    const done = this.#run(claim, abort.signal)
    this.#running.set(claim.jobId, { claim, abort, done })
  }

  async #run(claim: Claim, signal: AbortSignal): Promise<void> {
    const { queue, work, onInternalError } = this.#options
    try {
      const outcome = await work(claim.jobId, signal)
      if (outcome === 'ended') queue.release(claim)
      else if (outcome === 'back_to_queue') queue.enqueue(claim.jobId)
    } catch (error) {
      // The log itself could not be written. The lease runs out, and the job is found again.
      onInternalError(claim.jobId, error)
    } finally {
      this.#running.delete(claim.jobId)
      this.wake()
    }
  }

  /** After a pause of the whole process a lease may be another's: then the work is not ours any more. */
  #extendLeases(): void {
    for (const { claim, abort } of this.#running.values()) {
      if (!this.#options.queue.extend(claim, Date.now())) abort.abort(new LeaseLostError('the lease is lost'))
    }
  }
}
