import type { IncomingHttpHeaders } from 'node:http'

export type AnswerHeaders = IncomingHttpHeaders

export interface ContentRange {
  /** Offset of the first byte. */
  readonly from: number
  /** Of the whole file; null where the server does not know. */
  readonly totalBytes: number | null
}

/** The first value, should there be several. */
export function headerOf(headers: AnswerHeaders, name: string): string | undefined {
  const value = headers[name]
  return Array.isArray(value) ? value[0] : value
}

/** The body's length as declared, in bytes. The parser lets only digits through. */
export function lengthOf(headers: AnswerHeaders): number | null {
  const length = headerOf(headers, 'content-length')
  return length === undefined ? null : Number(length)
}

/** Which part of the file a 206 brings. */
export function contentRangeOf(headers: AnswerHeaders): ContentRange | undefined {
  const match = /^bytes (\d+)-\d+\/(\d+|\*)$/i.exec(headerOf(headers, 'content-range') ?? '')
  if (match === null) return undefined
  return { from: Number(match[1]), totalBytes: match[2] === '*' ? null : Number(match[2]) }
}

/** `Retry-After` is a number of seconds or a date; what is neither asks for nothing. */
export function retryAfterMsOf(headers: AnswerHeaders): number {
  const value = headerOf(headers, 'retry-after') ?? ''
  const milliseconds = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now()
  return Number.isNaN(milliseconds) ? 0 : Math.max(0, milliseconds)
}
