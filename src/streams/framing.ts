import { eachLine, formatOffset, type EntryParts } from './entry.ts'

/**
 * How a reader wants its events: over what, of which types, under which label. Readers that want the same share one
 * View object, and with it every framed byte.
 */
export interface View {
  readonly transport: Transport
  /** undefined: all. */
  readonly types: ReadonlySet<string> | undefined
  /** Put into each message as `"job"`, where one socket carries many streams. */
  readonly label: string | undefined
  readonly key: string
}

/** `sse-unchunked` is for HTTP/1.0, which nginx speaks to its upstreams by default and which has no chunks. */
export type Transport = 'sse' | 'sse-unchunked' | 'websocket'

const ALWAYS: ReadonlySet<string> = new Set(['snapshot', 'reset', 'end', 'ping'])

export function makeView(
  transport: Transport, { types, label }: { types?: ReadonlySet<string> | undefined; label?: string | undefined } = {},
): View {
  const key = `${transport}|${types ? [...types].sort().join() : '*'}|${label ?? ''}|`
  return { transport, types, label, key }
}

export function wants(view: View, type: string): boolean {
  return !view.types || view.types.has(type) || ALWAYS.has(type)
}

/** Frames whole lines of a stream for everybody with this view; empty where the view wants none of them. */
export function frameLines(view: View, lines: Buffer): Buffer {
  const parts: Buffer[] = []
  eachLine(lines, (line, start, end) => {
    if (wants(view, line.type)) FRAME_LINE[view.transport](parts, view, { lines, line, start, end })
  })
  return wrap(view, Buffer.concat(parts))
}

/** Frames an event that is not in the log, and so has neither offset nor time. */
export function frameUnlogged(view: View, type: string, data: unknown): Buffer {
  const json = JSON.stringify(data)
  if (view.transport === 'websocket') {
    const label = view.label === undefined ? '' : `"job":${JSON.stringify(view.label)},`
    return webSocketText(Buffer.from(`{${label}"type":"${type}","data":${json}}`))
  }
  return wrap(view, Buffer.from(`event: ${type}\ndata: ${json}\n\n`))
}

/** Makes SSE bytes fit to be written below the HTTP response: one chunk of it, with its size in front. */
export function wrap(view: View, bytes: Buffer): Buffer {
  if (view.transport !== 'sse' || bytes.length === 0) return bytes
  return Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`, 'latin1'), bytes, CRLF])
}

export function webSocketText(payload: Buffer): Buffer {
  return Buffer.concat([frameHead(TEXT, payload.length), payload])
}

/** A protocol ping, which browsers and ComputerCraft answer by themselves. */
export const WEBSOCKET_PING = Buffer.from([0x89, 0])

const CRLF = Buffer.from('\r\n')
const TEXT = 1

interface Line {
  readonly lines: Buffer
  readonly line: EntryParts
  readonly start: number
  readonly end: number
}

const FRAME_LINE: Record<Transport, (parts: Buffer[], view: View, line: Line) => void> = {
  sse: pushServerSentEvent,
  'sse-unchunked': pushServerSentEvent,
  websocket(parts, view, { lines, start, end }) {
    const label = view.label === undefined ? undefined : Buffer.from(`{"job":${JSON.stringify(view.label)},`)
    const json = lines.subarray(label ? start + 1 : start, end - 1)
    parts.push(frameHead(TEXT, json.length + (label?.length ?? 0)))
    if (label) parts.push(label)
    parts.push(json)
  },
}

function pushServerSentEvent(parts: Buffer[], _: View, { lines, line }: Line): void {
  const offset = formatOffset({ epoch: line.epoch, byte: line.to })
  parts.push(
    Buffer.from(`id: ${offset}\nevent: ${line.type}\ndata: `, 'latin1'),
    lines.subarray(line.dataFrom, line.dataTo),
    BLANK_LINE,
  )
}

const BLANK_LINE = Buffer.from('\n\n')

/** Head of an unmasked, final WebSocket frame (RFC 6455, section 5.2). */
function frameHead(opcode: number, length: number): Buffer {
  if (length < 126) return Buffer.from([0x80 | opcode, length])
  if (length < 65_536) return Buffer.from([0x80 | opcode, 126, length >> 8, length & 255])
  const head = Buffer.alloc(10)
  head[0] = 0x80 | opcode
  head[1] = 127
  head.writeUIntBE(length, 4, 6)
  return head
}
