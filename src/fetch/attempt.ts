import { HubError } from '../errors.ts'
import { ask, type Answer, type AskOptions } from './answer.ts'
import type { AnswerBody } from './answer-body.ts'
import { contentRangeOf, headerOf, lengthOf } from './answer-headers.ts'
import { AttemptFailure, failureOfStatus } from './attempt-failure.ts'
import { totalLength, type PartFile } from './part-file.ts'
import { continues, rangeHeaders, resumePointOf, type ResumePoint } from './resume-point.ts'

/** What one attempt leaves to the next. */
export interface Transfer {
  readonly part: PartFile
  resumePoint: ResumePoint | undefined
  totalBytes: number | null
}

export interface AttemptOptions extends AskOptions {
  readonly maxBytes: number
  readonly minBytesPerSecond: number
  readonly rateWindowMs: number
  readonly onProgress?: ((progress: FetchProgress) => void) | undefined
}

export interface FetchProgress {
  /** In the file; falls back to 0 when the server makes us start over. */
  readonly bytes: number
  /** Null where the server does not tell. */
  readonly totalBytes: number | null
}

/**
 * Asks for the file, or for the rest of it, and writes what comes. Returns the answer that made it whole. Throws
 * `AttemptFailure` for what another attempt may mend, `HubError` for what is final.
 */
export async function attempt(url: URL, transfer: Transfer, options: AttemptOptions): Promise<Answer> {
  const { part, resumePoint } = transfer
  const from = resumePoint === undefined ? 0 : part.size
  const headers = resumePoint === undefined || from === 0 ? {} : rangeHeaders(resumePoint, from)
  const answer = await ask(url, headers, options)
  try {
    if (from > 0 && (answer.status === 206 || answer.status === 416)) goOn(answer, transfer)
    else await startOver(answer, transfer)
    refuseEncodings(answer)
    if (transfer.totalBytes !== null && transfer.totalBytes > options.maxBytes) throw tooLarge(options.maxBytes)
    await receive(answer.body, transfer, options)
  } finally {
    answer.body.destroy()
  }
  return answer
}

/** From here on a failed attempt has nothing to resume, unless `startOver` finds something. */
function giveUpResuming(transfer: Transfer): void {
  transfer.resumePoint = undefined
  transfer.totalBytes = null
}

function goOn({ status, headers }: Answer, transfer: Transfer): void {
  const { part, resumePoint } = transfer
  if (status !== 206 || resumePoint === undefined || !continues(resumePoint, part.size, headers)) {
    giveUpResuming(transfer)
    throw new AttemptFailure('did not go on with the file that it began to send', { again: 'always' })
  }
  transfer.totalBytes ??= contentRangeOf(headers)?.totalBytes ?? null
}

async function startOver({ status, headers }: Answer, transfer: Transfer): Promise<void> {
  if (status !== 200) throw failureOfStatus(status, headers)
  await transfer.part.restart()
  transfer.resumePoint = resumePointOf(headers)
  transfer.totalBytes = lengthOf(headers)
}

function refuseEncodings({ headers }: Answer): void {
  const ofFile = headerOf(headers, 'content-encoding')?.toLowerCase() ?? 'identity'
  const onTheWay = headerOf(headers, 'transfer-encoding')?.toLowerCase() ?? 'chunked'
  if ((ofFile === 'identity' || ofFile === '') && onTheWay === 'chunked') return
  throw new AttemptFailure('answered with a compressed body, although it was asked not to', {
    again: 'never', hint: 'The file must be served without Content-Encoding.',
  })
}

async function receive(body: AnswerBody, transfer: Transfer, options: AttemptOptions): Promise<void> {
  const { part } = transfer
  const stopWatching = watchRate(body, part, options)
  try {
    for await (const chunks of received(body, transfer)) {
      if (part.size + totalLength(chunks) > options.maxBytes) throw tooLarge(options.maxBytes)
      await part.append(chunks)
      options.onProgress?.({ bytes: part.size, totalBytes: transfer.totalBytes })
    }
  } finally {
    stopWatching()
  }
  if (transfer.totalBytes === null || part.size === transfer.totalBytes) return
  if (part.size > transfer.totalBytes) giveUpResuming(transfer)
  throw brokenOff(transfer)
}

/** Tells the errors of the connection from those of the disk. */
async function* received(body: AnswerBody, transfer: Transfer): AsyncGenerator<readonly Uint8Array[]> {
  try {
    yield* body
  } catch (error) {
    throw error instanceof AttemptFailure ? error : brokenOff(transfer, error)
  }
}

/** A total deadline alone would let a server that sends a byte now and then hold a slot for as long as that. */
function watchRate(body: AnswerBody, part: PartFile, { minBytesPerSecond, rateWindowMs }: AttemptOptions): () => void {
  let before = part.size
  const timer = setInterval(() => {
    if (part.size - before < (minBytesPerSecond * rateWindowMs) / 1000) {
      body.destroy(new AttemptFailure(`sent less than ${minBytesPerSecond} bytes a second`, { again: 'always' }))
    }
    before = part.size
  }, rateWindowMs)
  return () => clearInterval(timer)
}

function brokenOff({ part, totalBytes }: Transfer, cause?: unknown): AttemptFailure {
  const sent = totalBytes === null ? `broke off after ${part.size} bytes` : `sent ${part.size} of ${totalBytes} bytes`
  return new AttemptFailure(sent, { again: 'always', cause })
}

function tooLarge(maxBytes: number): HubError {
  return new HubError('payload_too_large', `the source is larger than the ${maxBytes} bytes that are allowed`, {
    hint: 'Give a smaller file, or ask the operator for a higher limit.',
  })
}
