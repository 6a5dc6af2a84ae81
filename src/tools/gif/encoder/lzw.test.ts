import { expect, test } from 'vitest'
import { decodeLzw } from './test-decoder.ts'
import { encodeLzw } from './lzw.ts'

/** The same pixels each time. */
function pixels(count: number, make: (at: number, random: () => number) => number): Uint8Array {
  let state = 12_345
  const random = () => (state = (state * 1_103_515_245 + 12_345) % 2 ** 31) / 2 ** 31
  return Uint8Array.from({ length: count }, (_, at) => make(at, random))
}

test.each([
  ['one pixel', 2, pixels(1, () => 3)],
  ['a plain of one colour, which makes each code longer than the last', 2, pixels(50_000, () => 1)],
  ['noise that fills the table again and again', 8, pixels(60_000, (_at, random) => Math.floor(random() * 256))],
  ['noise, and then what a full table knows nothing of', 6, pixels(80_000, (at, random) => (at < 40_000 ? Math.floor(random() * 64) : (at >> 3) % 5))],
  ['stripes', 4, pixels(40_000, (at) => Math.floor(at / 7) % 13)],
])('what is written is read again: %s', (_what, indexBits, indices) => {
  const sent = indices.slice()
  expect(decodeLzw(encodeLzw(indices, { indexBits }), { indexBits, count: sent.length })).toEqual(sent)
})

test('of pixels that may stay each is written as it is or left clear, whichever is shorter, and that is told', () => {
  const indices = pixels(20_000, (_at, random) => Math.floor(random() * 12))
  const sent = indices.slice()
  const canStay = pixels(20_000, (_at, random) => (random() < 0.8 ? 1 : 0))
  const plain = encodeLzw(sent.slice(), { indexBits: 4 }).length
  const data = encodeLzw(indices, { indexBits: 4, clear: 15, canStay })
  expect(data.length).toBeLessThan(plain * 0.7)
  const read = decodeLzw(data, { indexBits: 4, count: 20_000 })
  expect(read).toEqual(indices)
  expect(read.every((index, at) => index === sent[at] || (canStay[at] === 1 && index === 15))).toBe(true)
})

test('a colour is written in place of another only where it may stand in for it', () => {
  const indices = pixels(20_000, (_at, random) => Math.floor(random() * 16))
  const sent = indices.slice()
  // Each pair of neighbours may be taken for one another.
  const standIns = Array.from({ length: 16 }, (_, index) => Uint8Array.of(index, index ^ 1))
  const exact = encodeLzw(sent.slice(), { indexBits: 4 }).length
  const data = encodeLzw(indices, { indexBits: 4, standIns })
  expect(data.length).toBeLessThan(exact * 0.85)
  const read = decodeLzw(data, { indexBits: 4, count: 20_000 })
  expect(read).toEqual(indices)
  expect(read.every((index, at) => index >> 1 === sent[at]! >> 1)).toBe(true)
})
