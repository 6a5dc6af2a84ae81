import { HubError } from '../errors.ts'
import { JobStalledError, JobTimeoutError, OutputTooLargeError } from './attempt-limits.ts'
import { CommandFailedError, CommandLimitError, CommandMemoryError, CommandNotStartedError } from './command-errors.ts'
import { isFileError } from './file-error.ts'
import type { JobError } from './job.ts'

/** An output that a command promised with exit 0 and did not make. */
export class OutputMissingError extends Error {
  override name = 'OutputMissingError'
}

/** An output that is there, and is not all that the command was to make. */
export class OutputIncompleteError extends Error {
  override name = 'OutputIncompleteError'
}

/** An output that is larger than was asked for, although its encoder was told. */
export class TargetMissedError extends Error {
  override name = 'TargetMissedError'
}

/** Why a job failed, for the one who asked for it: always a reason, never a path of this machine. */
export function toJobError(error: unknown, { logTail, lastError }: { logTail: readonly string[]; lastError: string | undefined }): JobError {
  return { ...explain(error, lastError), log_tail: logTail }
}

function explain(error: unknown, lastError: string | undefined): Omit<JobError, 'log_tail'> {
  if (error instanceof CommandFailedError) return explainExit(error, lastError)
  if (error instanceof JobTimeoutError) {
    return { code: 'timeout', message: error.message, hint: 'Ask for less at a time, or let the operator raise REELTIME_JOB_TIMEOUT_SECONDS' }
  }
  if (error instanceof JobStalledError) return { code: 'stalled', message: error.message, hint: 'Check the input; the same job may be retried' }
  if (error instanceof CommandMemoryError) {
    return { code: 'memory_limit', message: error.message, hint: 'Ask for a smaller picture or less at a time, or let the operator raise REELTIME_MAX_MEMORY' }
  }
  if (error instanceof OutputTooLargeError) return { code: 'output_too_large', message: error.message, hint: SMALLER }
  if (error instanceof TargetMissedError) return { code: 'output_too_large', message: error.message, hint: 'Ask for a smaller picture, fewer frames per second or no sound' }
  if (error instanceof OutputMissingError) return { code: 'output_missing', message: error.message, hint: lastError ? `The last error in the log: ${lastError}` : 'See the log' }
  if (error instanceof OutputIncompleteError) {
    return { code: 'output_incomplete', message: error.message, hint: `${lastError ? `The last error in the log: ${lastError}. ` : ''}The same job may be retried` }
  }
  if (error instanceof CommandNotStartedError || error instanceof CommandLimitError) return { code: 'command_not_run', message: error.message }
  if (error instanceof HubError) return { code: error.code, message: error.message, ...(error.hint !== undefined && { hint: error.hint }) }
  if (isFileError(error, 'ENOSPC', 'EDQUOT')) return { code: 'disk_full', message: 'The disk became full', hint: 'The same job may be retried when there is room' }
  return { code: 'internal', message: 'Something went wrong in the hub', hint: 'The hub wrote the cause to its own log; the same job may be retried' }
}

const SMALLER = 'Ask for less at a time, or let the operator raise REELTIME_MAX_OUTPUT_BYTES'

function explainExit({ message, program, exitCode, signal }: CommandFailedError, lastError: string | undefined): Omit<JobError, 'log_tail'> {
  const facts = { ...(exitCode !== null && { exit_code: exitCode }), ...(signal !== null && { signal }) }
  if (signal === 'SIGXFSZ') return { code: 'output_too_large', message: 'The output grew past what a job may write', hint: SMALLER, ...facts }
  if (signal !== null) {
    return { code: 'command_killed', message: `${program} was ended by ${signal}`, hint: 'Somebody or something on the server ended it; the same job may be retried', ...facts }
  }
  return { code: 'command_failed', message: lastError ? `${message}: ${lastError}` : message, ...facts }
}
