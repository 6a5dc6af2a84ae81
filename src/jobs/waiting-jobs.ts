import { HubError } from '../errors.ts'
import { hasEnded, type Job, type WaitingFor } from './job.ts'
import { DependencyFailedError, idOf, needsOf, standingOf, waitingFor, type Need, type Standing } from './job-needs.ts'
import type { JobLog } from './job-log.ts'
import type { JobQueue } from './job-queue.ts'
import type { Turns } from './turns.ts'
import { end } from './worker.ts'

export interface WaitingJobsOptions {
  readonly log: JobLog
  readonly queue: JobQueue
  /** Those of everybody who changes a job from outside. */
  readonly turns: Turns
  /** Throws a HubError where there is no such job. */
  readonly getJob: (id: string) => Job
  /** Of what is not known any more it says that it is there: who reads it finds out. */
  readonly uploadStanding: (id: string) => Standing
  /** There may be something to work on. */
  readonly wake: () => void
  readonly retentionMs: number
  readonly onError: (jobId: string, error: unknown) => void
}

/**
 * Jobs that need something which may not be there yet. They are held in the queue, where no worker takes them, until
 * it is; each change of what they need has them looked at anew. What they need follows from their logs, so that
 * nothing of this has to be kept.
 */
export class WaitingJobs {
  readonly #options: WaitingJobsOptions
  readonly #needs = new Map<string, readonly Need[]>()
  /** Who needs a job or an upload, by its id: from the submission on until they have ended. */
  readonly #needing = new Map<string, Set<string>>()
  readonly #looking = new Set<Promise<void>>()

  constructor(options: WaitingJobsOptions) {
    this.#options = options
  }

  /** What a job that is submitted would wait for. Throws a HubError for what is not known, and for what will never come. */
  pending(job: Parameters<typeof needsOf>[0]): readonly WaitingFor[] {
    return waitingFor(needsOf(job).filter((need) => {
      if (need.type !== 'upload') this.#options.getJob(need.jobId)
      const standing = this.#standing(need)
      if (standing instanceof HubError) throw standing
      return standing === 'pending'
    }))
  }

  /** Adds a job to the queue, held if it needs anything; `look` then lets it go. */
  enter(job: Pick<Job, 'id' | 'tool' | 'input' | 'after' | 'after_any'>, owner: string | undefined): void {
    const { queue } = this.#options
    // An upload that is there stays there while a job waits.
    const needs = needsOf(job).filter((need) => need.type !== 'upload' || this.#standing(need) !== 'there')
    queue.enqueue(job.id, owner)
    if (needs.length === 0) return
    queue.hold(job.id)
    this.#needs.set(job.id, needs)
    for (const need of needs) this.#needing.set(idOf(need), (this.#needing.get(idOf(need)) ?? new Set()).add(job.id))
  }

  /** Looks whether a job that was entered may run. Not to be awaited by who has the job's turn. */
  look(id: string): void {
    if (!this.#needs.has(id)) return
    const { turns, onError } = this.#options
    const looking = turns.take(id, () => this.#look(id)).catch((error: unknown) => onError(id, error)).finally(() => this.#looking.delete(looking))
    this.#looking.add(looking)
  }

  /** All that were entered: after a restart, when everything else is in order. */
  async lookAtAll(): Promise<void> {
    for (const id of this.#needs.keys()) this.look(id)
    await this.settled()
  }

  /** A job is another than before: those who need it are looked at, and who has ended needs nothing any more. */
  changed({ id, status }: Pick<Job, 'id' | 'status'>): void {
    if (hasEnded(status)) this.forget(id)
    this.needChanged(id)
  }

  /** A job or an upload is another than before: those who need it are looked at. */
  needChanged(id: string): void {
    for (const needing of this.needing(id)) this.look(needing)
  }

  /** The jobs that need a job or an upload and have not ended. */
  needing(id: string): Iterable<string> {
    return this.#needing.get(id) ?? []
  }

  /** It needs nothing any more. */
  forget(id: string): void {
    for (const need of this.#needs.get(id) ?? []) {
      const needing = this.#needing.get(idOf(need))
      needing?.delete(id)
      if (needing?.size === 0) this.#needing.delete(idOf(need))
    }
    this.#needs.delete(id)
  }

  /** Whether a job that has not ended needs that one. */
  isNeeded(id: string): boolean {
    return this.#needing.has(id)
  }

  /** Resolves when nobody is being looked at. */
  async settled(): Promise<void> {
    while (this.#looking.size > 0) await Promise.all(this.#looking)
  }

  #standing(need: Need): Standing {
    if (need.type === 'upload') return this.#options.uploadStanding(need.uploadId)
    return standingOf(need, this.#options.getJob)
  }

  async #look(id: string): Promise<void> {
    const { queue, wake } = this.#options
    const needs = this.#needs.get(id) ?? []
    const standings = needs.map((need) => ({ need, standing: this.#standing(need) }))
    const failure = standings.find(({ standing }) => standing instanceof HubError)?.standing
    const pending = standings.filter(({ standing }) => standing === 'pending').map(({ need }) => need)
    if (failure instanceof HubError) {
      // One that is claimed has what it needs in its workspace, or finds out by itself.
      if (queue.hold(id)) await this.#fail(id, failure)
    } else if (pending.length > 0) {
      if (queue.hold(id)) await this.#tell(id, waitingFor(pending))
    } else if (queue.isHeld(id)) {
      await this.#tell(id, [])
      queue.enqueue(id)
      wake()
    }
  }

  async #tell(id: string, waiting: readonly WaitingFor[]): Promise<void> {
    const { log } = this.#options
    const writer = await log.write(id)
    try {
      if (namesOf(writer.job.waiting_for) === namesOf(waiting)) return
      const data = waiting.length === 0 ? { status: 'queued', reason: 'ready' } as const : { status: 'queued', waiting_for: waiting } as const
      await writer.append([{ type: 'status', data }], { durable: true })
    } finally {
      writer.release()
    }
  }

  async #fail(id: string, failure: HubError): Promise<void> {
    const { log, queue, retentionMs } = this.#options
    const writer = await log.write(id)
    try {
      const { code, message, hint } = failure
      const job = failure instanceof DependencyFailedError ? failure.jobId : undefined
      const error = { code, message, ...(hint !== undefined && { hint }), ...(job !== undefined && { job }), log_tail: [] }
      await end(writer, { status: 'failed', attempt: writer.job.attempt, retentionMs, error })
    } finally {
      writer.release()
    }
    queue.forget(id)
  }
}

function namesOf(waiting: readonly WaitingFor[] = []): string {
  return waiting.map(({ type, id }) => `${type}:${id}`).join()
}
