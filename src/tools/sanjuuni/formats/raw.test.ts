import fc from 'fast-check'
import { expect, test } from 'vitest'
import { assembled } from '../../../../test/sanjuuni/assembled.ts'
import { cellFrames, plainFrame } from '../../../../test/sanjuuni/cell-frames.ts'
import { readRaw } from '../../../../test/sanjuuni/decode-raw.ts'
import { encodeRaw, rawWriter } from './raw.ts'

test('a file in raw mode holds each frame as it is: every character, both colours, the palette', () => {
  fc.assert(fc.property(fc.array(cellFrames(), { minLength: 1, maxLength: 4 }), (frames) => {
    const file = readRaw(assembled(rawWriter({ fps: 20 }), frames.map((frame) => encodeRaw([frame]))))
    expect(file.frames.map(({ columns, rows }) => [columns, rows])).toEqual(frames.map(({ columns, rows }) => [columns, rows]))
    expect(file.frames.map(({ characters }) => [...characters])).toEqual(frames.map(({ characters }) => [...characters]))
    expect(file.frames.map(({ colors }) => [...colors])).toEqual(frames.map(({ colors }) => [...colors]))
    expect(file.frames.map(({ palette }) => [...palette])).toEqual(frames.map(({ palette }) => [...palette]))
  }))
})

test('a frame too long for a size of four digits has one of twelve', () => {
  const characters = Array.from({ length: 300 * 100 }, (_, cell) => 0x80 + (cell % 32))
  const frame = plainFrame(300, 100, { characters, colors: characters })
  const line = Buffer.from(encodeRaw([frame])).toString('latin1')
  expect(line).toMatch(/^!CPD0000000[0-9A-F]{5}/)
  expect([...readRaw(Buffer.from(`32Vid 1.1\n20\n${line}`, 'latin1')).frames[0]!.characters]).toEqual(characters)
})

const RATES = [[20, '20'], [30000 / 1001, '29.97'], [0, '0'], [12.5, '12.5']] as const

test.each(RATES)('the second line of a file of %f frames a second is %s', (fps, line) => {
  expect(Buffer.from(assembled(rawWriter({ fps }), [])).toString('latin1')).toBe(`32Vid 1.1\n${line}\n`)
})

test('two monitors have no place in it', () => {
  expect(() => encodeRaw([plainFrame(1, 1), plainFrame(1, 1)])).toThrow(RangeError)
})
