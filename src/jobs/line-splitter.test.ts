import { test, expect, vi } from 'vitest'
import fc from 'fast-check'
import { LineSplitter, MAX_LINE_LENGTH } from './line-splitter.ts'

function split(...chunks: readonly (string | Uint8Array)[]): string[] {
  const lines: string[] = []
  const splitter = new LineSplitter((line) => lines.push(line))
  for (const chunk of chunks) splitter.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk)
  splitter.end()
  return lines
}

test('a line ends at a newline, at a carriage return and at both together', () => {
  expect(split('one\ntwo\rthree\r\nfour')).toEqual(['one', 'two', 'three', 'four'])
})

test('a carriage return and its newline are one line end even in two chunks', () => {
  expect(split('one\r', '\ntwo\r', 'three\n')).toEqual(['one', 'two', 'three'])
})

test('empty lines are lines', () => {
  expect(split('one\n\n\r\ntwo\n')).toEqual(['one', '', '', 'two'])
})

test('however the bytes are cut, the lines are the same', () => {
  fc.assert(fc.property(fc.array(fc.constantFrom('a', 'é', '😀', '\n', '\r', '\r\n')), fc.array(fc.nat()), (parts, cuts) => {
    const bytes = Buffer.from(parts.join(''))
    const places = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b)
    const chunks = places.map((place, i) => bytes.subarray(places[i - 1] ?? 0, place))
    expect(split(...chunks)).toEqual(split(bytes))
  }))
})

test('bytes that are no UTF-8 are replaced and the rest is kept', () => {
  expect(split(Buffer.from([0x61, 0xff, 0x62, 0x0a, 0xe2, 0x82]))).toEqual(['a\ufffdb', '\ufffd'])
})

test('a line without end comes in pieces, none longer than allowed and no character cut in two', () => {
  const text = `x${'😀'.repeat(MAX_LINE_LENGTH)}`
  const pieces = split(`${text}\nnext\n`)
  expect(pieces.at(-1)).toBe('next')
  expect(pieces.slice(0, -1).join('')).toBe(text)
  expect(pieces.every((piece) => piece.length <= MAX_LINE_LENGTH && !/[\ud800-\udfff]/u.test(piece))).toBe(true)
})

test('an unfinished line is handed over once nothing more comes, and its end is then no further line', () => {
  vi.useFakeTimers()
  const lines: string[] = []
  const splitter = new LineSplitter((line) => lines.push(line), { flushAfterMs: 250 })
  splitter.push(Buffer.from('Over'))
  vi.advanceTimersByTime(200)
  splitter.push(Buffer.from('write?'))
  vi.advanceTimersByTime(249)
  expect(lines).toEqual([])
  vi.advanceTimersByTime(1)
  expect(lines).toEqual(['Overwrite?'])
  splitter.push(Buffer.from('\nnext\n'))
  expect(lines).toEqual(['Overwrite?', 'next'])
  vi.useRealTimers()
})
