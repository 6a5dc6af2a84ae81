import fc from 'fast-check'
import { expect, test } from 'vitest'
import { codeLengths } from './code-lengths.ts'

const count = fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 1_000_000 }))
const counts = fc.array(count, { minLength: 2, maxLength: 32 })

function lengthsFor(all: readonly number[], limit: number): { lengths: number[]; longest: number } {
  const lengths = new Uint8Array(all.length)
  const longest = codeLengths(Uint32Array.from(all), lengths, limit)
  return { lengths: [...lengths], longest }
}

function bitsOf(all: readonly number[], lengths: readonly number[]): number {
  return all.reduce((bits, count, symbol) => bits + count * lengths[symbol]!, 0)
}

/** By merging the two lightest again and again. */
function huffmanBits(all: readonly number[]): number {
  const weights = all.filter((count) => count > 0)
  let bits = 0
  while (weights.length > 1) {
    weights.sort((a, b) => b - a)
    const merged = weights.pop()! + weights.pop()!
    bits += merged
    weights.push(merged)
  }
  return bits
}

test('the codes of all symbols that occur fill the space of codes exactly, and none is longer than allowed', () => {
  fc.assert(fc.property(counts, fc.integer({ min: 5, max: 15 }), (all, limit) => {
    const { lengths, longest } = lengthsFor(all, limit)
    const occurring = all.filter((count) => count > 0).length
    expect(lengths.map((length) => length > 0)).toEqual(all.map((count) => count > 0 && occurring > 1))
    expect(longest).toBe(Math.max(...lengths))
    expect(longest).toBeLessThanOrEqual(limit)
    if (occurring > 1) expect(lengths.reduce((sum, length) => sum + (length > 0 ? 2 ** -length : 0), 0)).toBe(1)
  }))
})

test('where the limit allows it the codes are as short as those of Huffman', () => {
  fc.assert(fc.property(fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 2, maxLength: 24 }), (all) => {
    expect(bitsOf(all, lengthsFor(all, 15).lengths)).toBe(huffmanBits(all))
  }))
})

test('under a limit no other lengths are cheaper', () => {
  fc.assert(fc.property(fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 5, maxLength: 6 }), (all) => {
    expect(bitsOf(all, lengthsFor(all, 3).lengths)).toBe(cheapest([...all].sort((a, b) => b - a), 8, 1))
  }))
})

/** Tries all ascending lengths up to 3 for counts in descending order, in a space of `room` codes of three bits. */
function cheapest(all: readonly number[], room: number, least: number): number {
  const [count, ...rest] = all
  if (count === undefined) return 0
  const costs = [1, 2, 3].filter((length) => length >= least && 2 ** (3 - length) <= room)
    .map((length) => count * length + cheapest(rest, room - 2 ** (3 - length), length))
  return Math.min(Infinity, ...costs)
}
