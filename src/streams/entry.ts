/**
 * One event is one line of a stream's file, and the line is what WebSocket and JSON readers get:
 *
 *   {"offset":"0.219","type":"new_logs","at":1767000000123,"data":{…}}
 *
 * `offset` is `EPOCH.BYTE`, where the next line begins. A line therefore tells whether it stands where it was
 * written, which is how a file cut short by a power loss is found out. The keys have this order and no others come,
 * so that a line is taken apart by position, without parsing its data.
 */
export interface NewEvent {
  readonly type: string
  readonly data: unknown
}

export interface EntryParts {
  readonly epoch: number
  /** The byte behind this line. */
  readonly to: number
  readonly type: string
  readonly at: number
  /** Where the JSON of `data` stands in the buffer. */
  readonly dataFrom: number
  readonly dataTo: number
}

export interface Entry {
  readonly offset: string
  readonly type: string
  readonly at: number
  readonly data: unknown
}

export const NEWLINE = 10
const QUOTE = 34
const OPENING = '{"offset":"'
const BEFORE_TYPE = '","type":"'
const BEFORE_AT = '","at":'
const BEFORE_DATA = ',"data":'

/** The line of an event that begins at byte `from`. */
export function encodeLine(event: NewEvent, { epoch, from, at }: { epoch: number; from: number; at: number }): Buffer {
  const rest = `${BEFORE_TYPE}${event.type}${BEFORE_AT}${at}${BEFORE_DATA}${JSON.stringify(event.data)}}\n`
  const length = OPENING.length + `${epoch}.`.length + Buffer.byteLength(rest)
  // The offset counts its own digits.
  let to = from + length + 1
  while (to !== from + length + String(to).length) to = from + length + String(to).length
  return Buffer.from(`${OPENING}${epoch}.${to}${rest}`)
}

/** Takes the line in `bytes[start, end)` apart, `end` being behind its newline; undefined where it is none of ours. */
export function takeApart(bytes: Buffer, start: number, end: number): EntryParts | undefined {
  if (bytes.toString('latin1', start, start + OPENING.length) !== OPENING) return undefined
  const offsetEnd = bytes.indexOf(QUOTE, start + OPENING.length)
  const offset = parseOffset(bytes.toString('latin1', start + OPENING.length, offsetEnd))
  const typeStart = offsetEnd + BEFORE_TYPE.length
  const typeEnd = bytes.indexOf(QUOTE, typeStart)
  const atStart = typeEnd + BEFORE_AT.length
  const atEnd = bytes.indexOf(BEFORE_DATA, atStart)
  if (!offset || offsetEnd < 0 || typeEnd < 0 || atEnd < 0 || atEnd >= end) return undefined
  return {
    epoch: offset.epoch,
    to: offset.byte,
    type: bytes.toString('latin1', typeStart, typeEnd),
    at: Number(bytes.toString('latin1', atStart, atEnd)),
    dataFrom: atEnd + BEFORE_DATA.length,
    dataTo: end - 2,
  }
}

/** Calls back for each whole line of `bytes`, which begins at a line's start. */
export function eachLine(bytes: Buffer, onLine: (parts: EntryParts, start: number, end: number) => void): void {
  for (let start = 0; start < bytes.length; ) {
    const end = bytes.indexOf(NEWLINE, start) + 1
    if (end === 0) return
    const parts = takeApart(bytes, start, end)
    if (parts) onLine(parts, start, end)
    start = end
  }
}

export function parseEntries(bytes: Buffer): Entry[] {
  const entries: Entry[] = []
  eachLine(bytes, (_, start, end) => entries.push(JSON.parse(bytes.toString('utf8', start, end)) as Entry))
  return entries
}

export interface Offset {
  readonly epoch: number
  readonly byte: number
}

export function formatOffset({ epoch, byte }: Offset): string {
  return `${epoch}.${byte}`
}

/** undefined where the text was never an offset. */
export function parseOffset(text: string): Offset | undefined {
  const match = /^(\d{1,10})\.(\d{1,15})$/.exec(text)
  return match ? { epoch: Number(match[1]), byte: Number(match[2]) } : undefined
}
