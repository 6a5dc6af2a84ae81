import { expect, test } from 'vitest'
import { encodeLine } from './entry.ts'
import { frameLines, frameUnlogged, makeView, wants, webSocketText } from './framing.ts'

function linesOf(...events: readonly { type: string; data: unknown }[]): Buffer {
  let from = 0
  return Buffer.concat(events.map((event) => {
    const line = encodeLine(event, { epoch: 3, from, at: 1767000000123 })
    from += line.length
    return line
  }))
}

/** Takes server frames apart as RFC 6455 says, independently of what made them. */
function readFrames(bytes: Buffer): { opcode: number; text: string }[] {
  const frames: { opcode: number; text: string }[] = []
  for (let at = 0; at < bytes.length; ) {
    expect(bytes[at]! & 0xf0).toBe(0x80)
    const opcode = bytes[at]! & 0x0f
    const short = bytes[at + 1]!
    const [head, length] = short < 126 ? [2, short]
      : short === 126 ? [4, bytes.readUInt16BE(at + 2)] : [10, Number(bytes.readBigUInt64BE(at + 2))]
    frames.push({ opcode, text: bytes.toString('utf8', at + head, at + head + length) })
    at += head + length
  }
  return frames
}

const LINES = linesOf({ type: 'status', data: { status: 'running' } }, { type: 'new_logs', data: { text: 'é\u2028\n' } })

test('an SSE event has its offset, its type, and its data in one line', () => {
  const [first, second] = String(LINES).trim().split('\n').map((line) => (JSON.parse(line) as { offset: string }).offset)
  expect(String(frameLines(makeView('sse-unchunked'), LINES))).toBe(
    `id: ${first}\nevent: status\ndata: {"status":"running"}\n\nid: ${second}\nevent: new_logs\ndata: {"text":"é\u2028\\n"}\n\n`,
  )
})

test('chunked SSE is one HTTP chunk with its size in bytes', () => {
  const bare = frameLines(makeView('sse-unchunked'), LINES)
  expect(String(frameLines(makeView('sse'), LINES))).toBe(`${bare.length.toString(16)}\r\n${String(bare)}\r\n`)
  expect(String(frameUnlogged(makeView('sse'), 'ping', {}))).toBe('16\r\nevent: ping\ndata: {}\n\n\r\n')
})

test('a WebSocket message is the line as it stands in the log; with a label, the label comes first', () => {
  const texts = String(LINES).trim().split('\n')
  expect(readFrames(frameLines(makeView('websocket'), LINES))).toEqual(texts.map((text) => ({ opcode: 1, text })))
  const labelled = readFrames(frameLines(makeView('websocket', { label: 'a"b' }), LINES))
  const expected = texts.map((text) => ({ job: 'a"b', ...(JSON.parse(text) as object) }))
  expect(labelled.map(({ text }) => JSON.parse(text) as unknown)).toEqual(expected)
  expect(readFrames(frameUnlogged(makeView('websocket', { label: 'j' }), 'ping', {}))[0]?.text).toBe('{"job":"j","type":"ping","data":{}}')
})

test.each([0, 1, 125, 126, 127, 65_535, 65_536, 70_000])('a message of %i bytes says so', (length) => {
  const bytes = Buffer.concat([webSocketText(Buffer.alloc(length, 'x')), webSocketText(Buffer.from('next'))])
  expect(readFrames(bytes).map(({ text }) => text.length)).toEqual([length, 4])
})

test('a view with types frames only those, and always snapshot, reset, end and ping', () => {
  const view = makeView('sse', { types: new Set(['progress']) })
  expect(frameLines(view, LINES).length).toBe(0)
  expect(String(frameLines(view, linesOf({ type: 'end', data: {} })))).toContain('event: end')
  const types = ['snapshot', 'reset', 'end', 'ping', 'progress', 'new_logs']
  expect(types.filter((type) => !wants(view, type))).toEqual(['new_logs'])
})

test('views that want the same have the same key, others have another', () => {
  const key = (types: string[] | undefined, label?: string) => makeView('sse', { types: types && new Set(types), label }).key
  expect(key(['a', 'b'])).toBe(key(['b', 'a']))
  expect(new Set([key(undefined), key(['a']), key(['a', 'b']), key(undefined, 'j'), makeView('websocket').key]).size).toBe(5)
})
