import { basename } from 'node:path'
import { isFileError } from './file-error.ts'

/** A program ran and ended with something else than exit 0. */
export class CommandFailedError extends Error {
  override name = 'CommandFailedError'
  readonly program: string
  /** Null where a signal ended it. */
  readonly exitCode: number | null
  readonly signal: string | null

  constructor(program: string, { exitCode, signal }: { readonly exitCode: number | null; readonly signal: string | null }) {
    super(`${basename(program)} ${signal ? `was ended by ${signal}` : `ended with exit code ${exitCode}`}`)
    this.program = basename(program)
    this.exitCode = exitCode
    this.signal = signal
  }
}

/** A program never ran. `code` is the operating system's: ENOENT, EACCES, E2BIG, EINVAL (a NUL in it), EMFILE, … */
export class CommandNotStartedError extends Error {
  override name = 'CommandNotStartedError'
  readonly program: string
  readonly code: string

  constructor(program: string, code: string, options?: ErrorOptions) {
    super(`${basename(program)} could not be started: ${REASONS[code] ?? code}`, options)
    this.program = basename(program)
    this.code = code
  }

  /** True where the machine was short of something: the same command may start later. */
  get isTransient(): boolean {
    return ['EMFILE', 'ENFILE', 'EAGAIN', 'ENOMEM'].includes(this.code)
  }
}

/** The machine was short of descriptors, processes or memory: the same may work later. */
export function isShortage(error: unknown): boolean {
  return error instanceof CommandNotStartedError ? error.isTransient : isFileError(error, 'EMFILE', 'ENFILE')
}

/** A program that is read as a whole took too long or said too much. */
export class CommandLimitError extends Error {
  override name = 'CommandLimitError'
  readonly program: string

  constructor(program: string, limit: string) {
    super(`${basename(program)} was stopped: more than ${limit}`)
    this.program = basename(program)
  }
}

/** A program, with all that it has started, took more of the machine than it may. */
export class CommandMemoryError extends Error {
  override name = 'CommandMemoryError'
  readonly program: string

  constructor(program: string, limit: string) {
    super(`${basename(program)} was stopped: it took more than ${limit}`)
    this.program = basename(program)
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such program, or no such working directory',
  EACCES: 'it may not be executed',
  E2BIG: 'its arguments are too long',
  EINVAL: 'its arguments or environment hold a NUL character',
  EMFILE: 'too many files are open',
  ENFILE: 'too many files are open',
  EAGAIN: 'too many processes are running',
  ENOMEM: 'out of memory',
}
