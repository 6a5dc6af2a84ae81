import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SseParser, type SseItem } from './sse-parser.ts'

test('CR, LF and CRLF all end a line', () => {
  expect(parse('data: a\n\ndata: b\r\rdata: c\r\n\r\n')).toEqual([event('a'), event('b'), event('c')])
})

test('a CRLF that is cut in two is still one line end', () => {
  const parser = new SseParser()
  const items = [...'data: a\r\ndata: b\r\n\r\ndata: c\r\n\r\n'].flatMap((character) => parser.push(Buffer.from(character)))
  expect(items).toEqual([event('a\nb'), event('c')])
})

test('an event has its name, its offset and all its data lines', () => {
  expect(parse('id: 0.17\nevent: new_logs\ndata: one\ndata:two\ndata\n\n')).toEqual([
    { type: 'event', name: 'new_logs', id: '0.17', data: 'one\ntwo\n' },
  ])
})

test('an id belongs to its own event only, since an event without one must not move the offset', () => {
  expect(parse('id: 1\ndata: a\n\ndata: b\n\n')).toEqual([{ ...event('a'), id: '1' }, event('b')])
})

test('comments, unknown fields, ids with NUL and events without data tell nothing', () => {
  expect(parse(': ping\n\nwhatever: x\nid: a\0b\nevent: gone\n\nretry: soon\nretry: 250\ndata: x\n\n')).toEqual([
    { type: 'retry', milliseconds: 250 }, event('x'),
  ])
})

test('a byte order mark is dropped at the beginning only', () => {
  expect(parse('\uFEFFdata: \uFEFFa\n\n')).toEqual([event('\uFEFFa')])
})

test('what the connection cut in half is never told', () => {
  expect(parse('data: a\n\nid: 2\nevent: new_logs\ndata: {"half":')).toEqual([event('a')])
  expect(parse('data: a\n')).toEqual([])
})

test('one space after the colon is dropped, and U+2028 ends no line', () => {
  expect(parse('data:  a\u2028b\n\n')).toEqual([event(' a\u2028b')])
})

test('however the bytes are cut, the same events come out', () => {
  fc.assert(fc.property(fc.array(piece, { maxLength: 40 }), fc.infiniteStream(fc.integer({ min: 1, max: 9 })), (pieces, sizes) => {
    const bytes = Buffer.from(pieces.join(''))
    expect(parseCut(bytes, sizes)).toEqual(new SseParser().push(bytes))
  }))
})

test('whatever is sent as data is what comes out', () => {
  const line = fc.string({ unit: 'binary' }).map((text) => text.replace(/[\r\n]/g, ''))
  const sent = fc.array(fc.record({ data: line, end: fc.constantFrom('\n', '\r', '\r\n') }))
  fc.assert(fc.property(sent, fc.infiniteStream(fc.integer({ min: 1, max: 5 })), (events, sizes) => {
    const bytes = Buffer.from(events.map(({ data, end }) => `data: ${data}${end}${end}`).join(''))
    const wanted = events.map(({ data }) => event(Buffer.from(data).toString()))
    expect(parseCut(bytes, sizes)).toEqual(wanted)
  }))
})

const piece = fc.constantFrom(
  'data: x', 'data: größer 🎞', 'data', ':', 'event: new_logs', 'id: 0.5', 'retry: 7', '\n', '\r', '\r\n', '\n\n', '\r\r', '\uFEFF', '€',
)

function event(data: string): SseItem {
  return { type: 'event', name: 'message', data, id: undefined }
}

function parse(text: string): readonly SseItem[] {
  return new SseParser().push(Buffer.from(text))
}

function parseCut(bytes: Buffer, sizes: Iterable<number>): readonly SseItem[] {
  const parser = new SseParser()
  const items: SseItem[] = []
  let at = 0
  for (const size of sizes) {
    if (at >= bytes.length) break
    items.push(...parser.push(bytes.subarray(at, at + size)))
    at += size
  }
  return items
}
