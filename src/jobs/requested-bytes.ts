export interface Representation {
  readonly size: number
  /** Strong, with its quotes. */
  readonly etag: string
  /** Milliseconds since 1970. */
  readonly modifiedAt: number
}

export type RequestedBytes =
  | { readonly type: 'whole' }
  /** Both inclusive. */
  | { readonly type: 'part'; readonly start: number; readonly end: number }
  | { readonly type: 'not-modified' }
  | { readonly type: 'unsatisfiable' }

/** Which bytes a GET or HEAD asks for, by its conditions and its Range (RFC 9110, sections 13 and 14). */
export function requestedBytes(request: Request, representation: Representation): RequestedBytes {
  const { headers, method } = request
  if (isUnchanged(headers, representation)) return { type: 'not-modified' }
  const range = headers.get('range')
  // Range means something for GET only, and for what has no bytes there is no part that could be named.
  if (range === null || method !== 'GET' || representation.size === 0) return { type: 'whole' }
  return rangeStillHolds(headers, representation) ? parseRange(range, representation.size) : { type: 'whole' }
}

function isUnchanged(headers: Headers, { etag, modifiedAt }: Representation): boolean {
  const known = headers.get('if-none-match')
  if (known !== null) return known.trim() === '*' || known.match(/"[^"]*"/g)?.some((tag) => tag === etag) === true
  return wholeSeconds(modifiedAt) <= Date.parse(headers.get('if-modified-since') ?? '')
}

/** If-Range compares strongly: a weak tag never matches, a date only to the second. */
function rangeStillHolds(headers: Headers, { etag, modifiedAt }: Representation): boolean {
  const condition = headers.get('if-range')?.trim()
  return condition === undefined || condition === etag || Date.parse(condition) === wholeSeconds(modifiedAt)
}

/** HTTP dates have no milliseconds. */
function wholeSeconds(milliseconds: number): number {
  return Math.floor(milliseconds / 1000) * 1000
}

/** One range is answered with its bytes; several, or what is no range at all, with the whole. */
function parseRange(range: string, size: number): RequestedBytes {
  const [, first, last] = /^bytes=[ \t]*(\d*)-(\d*)[ \t]*$/i.exec(range.trim()) ?? []
  if (first === undefined || last === undefined || (first === '' && last === '')) return { type: 'whole' }
  if (first === '') return part(Math.max(0, size - Number(last)), size - 1, size)
  if (last !== '' && Number(last) < Number(first)) return { type: 'whole' }
  return part(Number(first), last === '' ? size - 1 : Math.min(Number(last), size - 1), size)
}

function part(start: number, end: number, size: number): RequestedBytes {
  return start < size ? { type: 'part', start, end } : { type: 'unsatisfiable' }
}
