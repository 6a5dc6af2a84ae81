import { HubError } from '../errors.ts'
import type { JobError } from './job.ts'

export class JobTimeoutError extends Error {
  override name = 'JobTimeoutError'
}

export class JobStalledError extends Error {
  override name = 'JobStalledError'
}

export class OutputTooLargeError extends Error {
  override name = 'OutputTooLargeError'

  constructor(maxBytes: number) {
    super(`The job wrote more than the ${maxBytes} bytes that are allowed`)
  }
}

/** The hub is going down: the job goes back to the queue. */
export class HubStoppingError extends Error {
  override name = 'HubStoppingError'
}

/** Why a job is cancelled that nobody asked to cancel. */
export type CancelReason = Pick<JobError, 'code' | 'message' | 'hint'>

export class JobCancelledError extends Error {
  override name = 'JobCancelledError'
  readonly reason: CancelReason | undefined

  constructor(reason?: CancelReason) {
    super(reason?.message ?? 'cancelled on request')
    this.reason = reason
  }
}

/** The lease ran out under a worker that was not there; another has the job by now. */
export class LeaseLostError extends Error {
  override name = 'LeaseLostError'
}

export interface AttemptLimits {
  /** Aborts with the first cause: the parent's reason, JobTimeoutError, JobStalledError, OutputTooLargeError or a HubError `disk_full`. */
  readonly signal: AbortSignal
  /** From here on silence counts. */
  watchForStall(growth: () => Promise<number>): void
  /** Something came from the command. */
  sawOutput(): void
  stopWatching(): void
  stop(): void
}

/** Bounds one attempt in time and silence, on the monotonic clock, and in what it writes. */
export function limitAttempt(
  parent: AbortSignal,
  { timeoutMs, stallMs, maxOutputBytes, assertRoom }: { timeoutMs: number; stallMs: number; maxOutputBytes: number; assertRoom: () => Promise<void> },
): AttemptLimits {
  const own = new AbortController()
  const timeout = setTimeout(() => {
    own.abort(new JobTimeoutError(`The job took longer than ${timeoutMs / 1000} s`))
  }, timeoutMs)
  let watch: NodeJS.Timeout | undefined
  let heardAt = performance.now()
  let knownGrowth = 0

  async function look(growth: () => Promise<number>): Promise<void> {
    const bytes = await growth()
    if (bytes !== knownGrowth) heardAt = performance.now()
    knownGrowth = bytes
    if (bytes > maxOutputBytes) own.abort(new OutputTooLargeError(maxOutputBytes))
    if (performance.now() - heardAt >= stallMs) {
      own.abort(new JobStalledError(`The command said nothing and wrote nothing for ${stallMs / 1000} s`))
    }
    await assertRoom().catch((error: unknown) => {
      if (error instanceof HubError) own.abort(error)
    })
  }

  return {
    signal: AbortSignal.any([parent, own.signal]),
    watchForStall(growth) {
      heardAt = performance.now()
      clearInterval(watch)
      watch = setInterval(() => void look(growth).catch(() => undefined), Math.max(50, Math.min(1000, stallMs / 10)))
    },
    sawOutput() {
      heardAt = performance.now()
    },
    stopWatching() {
      clearInterval(watch)
    },
    stop() {
      clearTimeout(timeout)
      clearInterval(watch)
    },
  }
}
