import { setTimeout as pause } from 'node:timers/promises'
import { HubError } from '../errors.ts'
import type { AddressPolicy } from './address-policy.ts'
import type { Answer } from './answer.ts'
import { headerOf } from './answer-headers.ts'
import { attempt, type FetchProgress, type Transfer } from './attempt.ts'
import { AttemptFailure } from './attempt-failure.ts'
import { checkUrl, redactUrl } from './check-url.ts'
import type { Lookup } from './connect.ts'
import { PartFile } from './part-file.ts'

export interface DownloadOptions {
  readonly policy: AddressPolicy
  /** Is there only when whole; until then it is `FILE.part`. */
  readonly file: string
  readonly maxBytes: number
  /** For everything together, retries included. */
  readonly timeoutMs: number
  readonly signal: AbortSignal
  /** Called with each chunk; to slow it down is the caller's. */
  readonly onProgress?: (progress: FetchProgress) => void
  readonly connectTimeoutMs?: number
  readonly headersTimeoutMs?: number
  /** Judged over each `rateWindowMs`. */
  readonly minBytesPerSecond?: number
  readonly rateWindowMs?: number
  readonly maxRedirects?: number
  /** How often in a row it may fail without getting a good piece further. */
  readonly maxRetries?: number
  /** Before the first retry; doubles with each. */
  readonly retryPauseMs?: number
  readonly lookup?: Lookup
}

export interface Download {
  readonly bytes: number
  readonly contentType: string | null
  /** Where the redirects ended, with its query: redact it before you show it. */
  readonly finalUrl: string
}

/**
 * Fetches a URL into a file. After a broken connection it goes on where it stood if the server can, else it starts
 * over. Leaves nothing behind when it fails. Rejects with `signal.reason` when aborted, else with a HubError:
 * `source_refused`, `payload_too_large`, `disk_full`, `invalid_input` for what is no URL, and `source_unavailable`
 * for everything that the server or the way to it did.
 */
export async function download(url: string, options: DownloadOptions): Promise<Download> {
  const tuned = { ...DEFAULTS, ...options }
  const start = checkUrl(url, tuned)
  options.signal.throwIfAborted()
  const part = await PartFile.open(options.file)
  const transfer: Transfer = { part, resumePoint: undefined, totalBytes: null }
  const end = endOf(options, () => new HubError('source_unavailable', tooLate(start, transfer, options)))
  try {
    const answer = await untilWhole(start, transfer, { ...tuned, signal: end.signal })
    end.signal.throwIfAborted()
    await part.finish()
    const contentType = headerOf(answer.headers, 'content-type') ?? null
    return { bytes: part.size, contentType, finalUrl: answer.url.href }
  } catch (error) {
    // What is under way when the end comes fails in many ways; the first cause is the one to report.
    throw end.signal.aborted ? end.signal.reason : error
  } finally {
    end.release()
    await part.discard()
  }
}

const DEFAULTS = {
  connectTimeoutMs: 10_000,
  headersTimeoutMs: 30_000,
  minBytesPerSecond: 1024,
  rateWindowMs: 20_000,
  maxRedirects: 5,
  maxRetries: 5,
  retryPauseMs: 500,
} as const

type Tuned = DownloadOptions & Required<Pick<DownloadOptions, keyof typeof DEFAULTS>>

async function untilWhole(url: URL, transfer: Transfer, options: Tuned): Promise<Answer> {
  const { signal, maxRetries, retryPauseMs } = options
  let furthest = 0
  for (let tries = 1, retries = 0; ; tries++, retries++) {
    try {
      return await attempt(url, transfer, options)
    } catch (error) {
      if (!(error instanceof AttemptFailure)) throw error
      if (transfer.part.size >= furthest + GOOD_PIECE_BYTES) retries = 0
      furthest = Math.max(furthest, transfer.part.size)
      if (retries >= maxRetries || !mayMend(error, transfer)) throw unavailable(url, error, tries)
      await pause(pauseBefore(retries, error, retryPauseMs), undefined, { signal })
    }
  }
}

/** Enough that a large file comes through on a bad line, too much for a server that only pretends to send one. */
const GOOD_PIECE_BYTES = 2 ** 20

function mayMend({ again }: AttemptFailure, { part }: Transfer): boolean {
  return again === 'always' || (again === 'once begun' && part.size > 0)
}

function pauseBefore(retries: number, { pauseMs }: AttemptFailure, retryPauseMs: number): number {
  return Math.max(pauseMs, Math.min(retryPauseMs * 2 ** retries, LONGEST_PAUSE_MS))
}

const LONGEST_PAUSE_MS = 30_000

function unavailable(url: URL, failure: AttemptFailure, tries: number): HubError {
  const told = tries === 1 ? failure.message : `${failure.message} (tried ${tries} times)`
  return new HubError('source_unavailable', `${redactUrl(url.href)} ${told}`, { hint: failure.hint, cause: failure })
}

function tooLate(url: URL, { part, totalBytes }: Transfer, { timeoutMs }: DownloadOptions): string {
  const total = totalBytes === null ? '' : ` of ${totalBytes}`
  return `${redactUrl(url.href)} was not here within ${timeoutMs / 1000} s; ${part.size}${total} bytes were`
}

/** Timers run on the monotonic clock, and at once when they are set to more than this. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

function endOf({ signal, timeoutMs }: DownloadOptions, late: () => HubError) {
  const end = new AbortController()
  const abort = () => end.abort(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  const timer = setTimeout(() => end.abort(late()), Math.min(timeoutMs, LONGEST_TIMER_MS))
  if (signal.aborted) abort()
  return {
    signal: end.signal,
    release() {
      signal.removeEventListener('abort', abort)
      clearTimeout(timer)
    },
  }
}
