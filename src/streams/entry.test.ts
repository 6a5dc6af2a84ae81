import fc from 'fast-check'
import { expect, test } from 'vitest'
import { eachLine, encodeLine, formatOffset, parseEntries, parseOffset, takeApart, type NewEvent } from './entry.ts'

const anyEvent: fc.Arbitrary<NewEvent> = fc.record({ type: fc.stringMatching(/^[a-z_]{1,32}$/), data: fc.jsonValue() })
const anyPlace = fc.record({ epoch: fc.nat(4_000_000_000), from: fc.nat({ max: 1e14 }), at: fc.nat({ max: 8.64e15 }) })

test('any event is one line of JSON that holds it, its time, and the offset behind it', () => {
  fc.assert(fc.property(anyEvent, anyPlace, (event, place) => {
    const line = encodeLine(event, place)
    expect(line.indexOf('\n')).toBe(line.length - 1)
    const entry = JSON.parse(String(line)) as Record<string, unknown>
    expect(Object.keys(entry)).toEqual(['offset', 'type', 'at', 'data'])
    expect(entry['offset']).toBe(`${place.epoch}.${place.from + line.length}`)
    expect([entry['type'], entry['at'], JSON.stringify(entry['data'])]).toEqual([event.type, place.at, JSON.stringify(event.data)])
  }))
})

test('a line is taken apart into what it was made from, wherever it stands in a buffer', () => {
  fc.assert(fc.property(anyEvent, anyPlace, fc.uint8Array({ maxLength: 40 }), (event, place, before) => {
    const line = encodeLine(event, place)
    const bytes = Buffer.concat([before, line, Buffer.from('{"offset":"')])
    const [start, end] = [before.length, before.length + line.length]
    const parts = takeApart(bytes, start, end)
    expect(parts).toMatchObject({ epoch: place.epoch, to: place.from + line.length, type: event.type, at: place.at })
    expect(bytes.toString('utf8', parts?.dataFrom, parts?.dataTo)).toBe(JSON.stringify(event.data))
  }))
})

test.each([1, 2, 3, 6, 9, 12])('an offset counts its own digits where they become %i and one more', (digits) => {
  for (let from = 10 ** digits - 70; from <= 10 ** digits + 3; from++) {
    if (from < 0) continue
    const line = encodeLine({ type: 'x', data: {} }, { epoch: 7, from, at: 5 })
    expect(takeApart(line, 0, line.length)?.to).toBe(from + line.length)
  }
})

test('bytes that are no line of ours are taken for none, whatever they are', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
    expect(takeApart(Buffer.from(bytes), 0, bytes.length)).toBeUndefined()
  }))
  const line = encodeLine({ type: 'x', data: { a: 1 } }, { epoch: 0, from: 0, at: 1 })
  for (let cut = 0; cut < line.indexOf(',"data":'); cut++) {
    const torn = Buffer.concat([line.subarray(0, cut), Buffer.from('\n'), line])
    expect(takeApart(torn, 0, cut + 1)).toBeUndefined()
  }
})

test('lines side by side are walked in order; one that is cut off at the end is left', () => {
  fc.assert(fc.property(fc.array(anyEvent, { minLength: 1, maxLength: 8 }), (events) => {
    let from = 0
    const lines = events.map((event) => {
      const line = encodeLine(event, { epoch: 1, from, at: 1 })
      from += line.length
      return line
    })
    const bytes = Buffer.concat(lines)
    expect(parseEntries(bytes).map(({ type }) => type)).toEqual(events.map(({ type }) => type))
    expect(parseEntries(bytes.subarray(0, -1)).length).toBe(events.length - 1)
    const ends: number[] = []
    eachLine(bytes, (parts, _, end) => {
      expect(parts.to).toBe(end)
      ends.push(end)
    })
    expect(ends.at(-1)).toBe(from)
  }))
})

test('an offset is read back as it was written, and nothing else is one', () => {
  fc.assert(fc.property(fc.nat(4_000_000_000), fc.nat({ max: 1e14 }), (epoch, byte) => {
    expect(parseOffset(formatOffset({ epoch, byte }))).toEqual({ epoch, byte })
  }))
  for (const text of ['', '.', '1', '1.', '.1', '-1.2', '1.-2', '1.2.3', ' 1.2', '1.2\n', '1e3.2', '٣.1', '12345678901.1', 'start']) {
    expect(parseOffset(text)).toBeUndefined()
  }
})
