import { contentRangeOf, headerOf, lengthOf, type AnswerHeaders } from './answer-headers.ts'

/** What it takes to ask for the rest of a file and to know the rest from that of another file. */
export interface ResumePoint {
  /** For `If-Range`: a strong ETag, or a Last-Modified that is as good as one. */
  readonly validator: string
  readonly etag: string | undefined
  readonly lastModified: string | undefined
  /** Of the whole file, where the server has told. */
  readonly totalBytes: number | null
}

/** Whether a file whose 200 had these headers can be resumed, and how. */
export function resumePointOf(headers: AnswerHeaders): ResumePoint | undefined {
  if (headerOf(headers, 'accept-ranges')?.toLowerCase() === 'none') return undefined
  const etag = headerOf(headers, 'etag')
  const lastModified = headerOf(headers, 'last-modified')
  const validator = etag?.startsWith('"') ? etag : isStrongDate(headers) ? lastModified : undefined
  return validator === undefined ? undefined : { validator, etag, lastModified, totalBytes: lengthOf(headers) }
}

export function rangeHeaders({ validator }: ResumePoint, from: number): Readonly<Record<string, string>> {
  return { 'range': `bytes=${from}-`, 'if-range': validator }
}

/**
 * Whether a 206 goes on at `from` in the same file. A server may ignore `If-Range`, or send another range than the
 * one it was asked for.
 */
export function continues({ etag, lastModified, totalBytes }: ResumePoint, from: number, headers: AnswerHeaders): boolean {
  const range = contentRangeOf(headers)
  if (range === undefined || range.from !== from) return false
  if (totalBytes !== null && range.totalBytes !== null && range.totalBytes !== totalBytes) return false
  return isSame(etag, headerOf(headers, 'etag')) && isSame(lastModified, headerOf(headers, 'last-modified'))
}

// A file may change twice within the second that its Last-Modified names (RFC 9110, 8.8.2.2).
function isStrongDate(headers: AnswerHeaders): boolean {
  const modified = Date.parse(headerOf(headers, 'last-modified') ?? '')
  return Date.parse(headerOf(headers, 'date') ?? '') - modified >= 1000
}

/** A 206 to an `If-Range` may leave out what the client has. */
function isSame(known: string | undefined, told: string | undefined): boolean {
  return told === undefined || told === known
}
