import type { CancelReason } from './attempt-limits.ts'
import type { JobQueue } from './job-queue.ts'

const LOOK_EACH_MS = 500

const KEY_REVOKED: CancelReason = {
  code: 'key_revoked', message: 'The key that submitted the job has been revoked', hint: 'Submit it again with a key that is valid',
}

export interface RevokedJobsOptions {
  readonly queue: Pick<JobQueue, 'owners' | 'jobsOf'>
  /** False where that cannot be told just now. */
  readonly isRevoked: (owner: string) => boolean
  readonly cancel: (jobId: string, reason: CancelReason) => Promise<unknown>
  readonly onCancelled: (jobId: string) => void
  readonly onError: (error: unknown) => void
}

/**
 * Cancels what was submitted with a key, soon after the key has been revoked. It looks at the jobs and not at changes
 * of the file: a job may be taken in while its key goes, and a key may go while no hub runs.
 */
export class RevokedJobs {
  readonly #options: RevokedJobsOptions
  readonly #timer: NodeJS.Timeout
  #looking: Promise<void> | undefined

  constructor(options: RevokedJobsOptions) {
    this.#options = options
    this.#timer = setInterval(() => {
      this.#looking ??= this.#look().catch(options.onError).finally(() => (this.#looking = undefined))
    }, LOOK_EACH_MS).unref()
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await this.#looking
  }

  async #look(): Promise<void> {
    const { queue, isRevoked, cancel, onCancelled, onError } = this.#options
    const jobIds = queue.owners().filter(isRevoked).flatMap((owner) => queue.jobsOf(owner))
    // One that cannot be cancelled must not keep the others.
    await Promise.all(jobIds.map((jobId) => cancel(jobId, KEY_REVOKED).then(() => onCancelled(jobId), onError)))
  }
}
