import fc from 'fast-check'
import { expect, test } from 'vitest'
import { jsonLine, plainText } from './plain-text.ts'

test('text without tricks stays as it is', () => {
  expect(plainText('frame=\t10 größer 🎞 [info] “x” אב')).toBe('frame=\t10 größer 🎞 [info] “x” אב')
})

test('escape sequences go with all that belongs to them', () => {
  expect(plainText('\x1b[31mred\x1b[0m \x1b[2J\x1b[1;1Hx')).toBe('red x')
  expect(plainText('a\x1b]0;title\x07b\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\c')).toBe('ablinkc')
  expect(plainText('a\x1bP+q544e\x1b\\b\x1b_x\x1b\\c\x1b(0d\x1bcd')).toBe('abcdd')
  expect(plainText('a\x9b31mb\x9d0;t\x9cc')).toBe('abc')
  expect(plainText('a\x1b]52;c;unended')).toBe('a')
})

test('a line stays one line, and no mark turns it around', () => {
  expect(plainText('50%\rdone\nnext\x08\x07\u202Etxt.exe')).toBe('50% done nexttxt.exe')
})

test('no control character gets through, whatever the text', () => {
  const nasty = fc.string({ unit: fc.constantFrom(...'\x1b[]\x9b\x9d\x07\\P0;m\r\nx\x00\u202E') })
  fc.assert(fc.property(nasty, (text) => {
    expect(plainText(text)).toMatch(/^[\t\x20-\x7E\u00A0-\u200D\u2010-\u2029\u202F-\u2065\u206A-\uFFFF]*$/)
  }))
})

test('JSON for a terminal has no raw control and says the same', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => {
    const line = jsonLine({ text })
    expect(line.slice(0, -1)).not.toMatch(/[\x00-\x1F\x7F-\x9F]/)
    expect(JSON.parse(line)).toEqual({ text })
  }))
  expect(jsonLine('\x9b')).toBe('"\\u009b"\n')
})
