import type { JobStatus } from '../jobs/job.ts'

/** What the command tells the shell. */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  unreachable: 3,
  /** 128 + SIGINT, as every interrupted program does. */
  cancelled: 130,
} as const

export type ExitCode = typeof EXIT[keyof typeof EXIT]

/** The result of a job as an exit code; of one that has not ended, that nothing went wrong so far. */
export function exitCodeOf(status: JobStatus): ExitCode {
  return EXIT_OF[status]
}

const EXIT_OF: Record<JobStatus, ExitCode> = {
  queued: EXIT.done, running: EXIT.done, completed: EXIT.done, failed: EXIT.failed, cancelled: EXIT.cancelled,
}
