import { nanoid } from 'nanoid'
import type { EventLog, OpenStream } from '../streams/event-log.ts'
import { type CancelReason, HubStoppingError, JobCancelledError, LeaseLostError } from './attempt-limits.ts'
import type { JobFold } from './job-fold.ts'
import type { Claim, ConcurrencyOf, JobQueue } from './job-queue.ts'
import type { Outcome } from './worker.ts'

const EXTEND_EACH_MS = 10_000
/** What a job may take to end once it has been told to. */
const LET_GO_MS = 3_000

/** After a shortage nothing is begun for a while, twice as long each time until a job has ended. */
const PAUSE_MS = { first: 1000, longest: 30_000 }

export interface WorkerPoolOptions {
  readonly queue: JobQueue
  readonly events: EventLog<JobFold>
  readonly slots: number
  readonly concurrencyOf?: ConcurrencyOf
  /** Told how long an owner's job was worked on. */
  readonly onWorked?: (owner: string, workedMs: number) => void
  readonly work: (jobId: string, signal: AbortSignal) => Promise<Outcome>
  readonly onInternalError: (error: unknown, jobId?: string) => void
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
  #pauseMs = 0
  #pause: NodeJS.Timeout | undefined

  constructor(options: WorkerPoolOptions) {
    this.#options = options
    this.#timer = setInterval(() => this.tendLeases(), EXTEND_EACH_MS).unref()
  }

  get runningCount(): number {
    return this.#running.size
  }

  get freeSlots(): number {
    return this.#options.slots - this.#running.size
  }

  /**
   * There may be something to do; where a job that is being followed has entered the queue, its place is told. Never
   * throws: what cannot be claimed now is after a pause.
   */
  wake({ hasEntered = false }: { readonly hasEntered?: boolean } = {}): void {
    try {
      if (this.#claimAll() > 0 || hasEntered) this.placeWaiting()
    } catch (error) {
      this.#options.onInternalError(error)
      if (!this.isStopping) this.#pauseClaims()
    }
  }

  /** Resolves when the job has ended or gone back to the queue; false where it does not run here. */
  async cancel(jobId: string, reason?: CancelReason): Promise<boolean> {
    const running = this.#running.get(jobId)
    running?.abort.abort(new JobCancelledError(reason))
    await running?.done
    return running !== undefined
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

  /**
   * Takes no more; lets what runs go on for `drainMs`, then puts it back into the queue. What does not let go even
   * then is left, and found as interrupted at the next start.
   */
  async stop({ drainMs }: { drainMs: number }): Promise<void> {
    this.isStopping = true
    const timers: NodeJS.Timeout[] = []
    const isOver = new Promise<void>((resolve) => {
      timers.push(setTimeout(() => {
        for (const { abort } of this.#running.values()) abort.abort(new HubStoppingError('the hub is stopping'))
        timers.push(setTimeout(resolve, LET_GO_MS))
      }, drainMs))
    })
    await Promise.race([isOver, Promise.all([...this.#running.values()].map(({ done }) => done))])
    for (const timer of timers) clearTimeout(timer)
    clearInterval(this.#timer)
    clearTimeout(this.#pause)
  }

  /**
   * Holds on to the jobs that run, each 10 s. After a pause of the whole process a lease may be another's: then the
   * work is not ours any more. A job whose worker broke down lets its lease run out, and waits again.
   */
  tendLeases(now: number = Date.now()): void {
    const { queue, onInternalError } = this.#options
    try {
      for (const { claim, abort } of this.#running.values()) {
        if (!queue.extend(claim, now)) abort.abort(new LeaseLostError('the lease is lost'))
      }
      for (const jobId of queue.abandoned({ workers: [this.worker], now })) {
        if (!this.#running.has(jobId)) queue.enqueue(jobId)
      }
    } catch (error) {
      onInternalError(error)
    }
    this.wake()
  }

  #claimAll(): number {
    let count = 0
    for (; !this.isStopping && this.#pause === undefined && this.freeSlots > 0; count++) {
      const claim = this.#options.queue.claim(this.worker, Date.now(), this.#options.concurrencyOf)
      if (!claim) break
      this.#start(claim)
    }
    return count
  }

  #pauseClaims(): void {
    if (this.#pause) return
    this.#pauseMs = Math.min(PAUSE_MS.longest, this.#pauseMs * 2 || PAUSE_MS.first)
    this.#pause = setTimeout(() => {
      this.#pause = undefined
      this.wake()
    }, this.#pauseMs)
  }

  #start(claim: Claim): void {
    const abort = new AbortController()
    const done = this.#run(claim, abort.signal)
    this.#running.set(claim.jobId, { claim, abort, done })
  }

  async #run(claim: Claim, signal: AbortSignal): Promise<void> {
    const { queue, work, onWorked, onInternalError } = this.#options
    const startedAt = performance.now()
    try {
      const outcome = await work(claim.jobId, signal)
      if (outcome === 'back_later') this.#pauseClaims()
      else this.#pauseMs = 0
      if (outcome === 'ended') queue.release(claim)
      else if (outcome !== 'lost') queue.enqueue(claim.jobId)
    } catch (error) {
      // The log or the queue could not be written. The lease runs out, and the job is found again.
      onInternalError(error, claim.jobId)
    } finally {
      this.#running.delete(claim.jobId)
      if (claim.owner !== undefined) onWorked?.(claim.owner, performance.now() - startedAt)
      this.wake()
    }
  }
}
