import { expect, test } from 'vitest'
import type { ColorBins } from './color-bins.ts'
import { medianCut } from './median-cut.ts'

test('a cut goes where the colours part, not through the middle of their list', () => {
  const bins = binsOf([[0, 0, 0, 1], [800, 0, 0, 1], [804, 0, 0, 1], [808, 0, 0, 1], [812, 0, 0, 1], [816, 0, 0, 1]])
  expect(colorsOf(medianCut(bins, 2))).toEqual([[0, 0, 0], [808, 0, 0]])
})

test('a colour of most pixels is not cut, and mixes with no other while there is room', () => {
  const bins = binsOf([[4080, 0, 0, 10_000], [4080, 4080, 0, 10], [0, 0, 4080, 10]])
  expect(colorsOf(medianCut(bins, 16)).toSorted()).toEqual([[0, 0, 4080], [4080, 0, 0], [4080, 4080, 0]])
})

test('the box whose cut brings most is cut first, and its colour weighs by pixels', () => {
  const bins = binsOf([[0, 0, 0, 1], [100, 0, 0, 3], [0, 0, 3000, 5], [0, 900, 3000, 5]])
  expect(colorsOf(medianCut(bins, 3))).toEqual([[75, 0, 0], [0, 0, 3000], [0, 900, 3000]])
})

/** Three words and a weight each. */
function binsOf(colors: readonly (readonly [number, number, number, number])[]): ColorBins {
  return {
    length: colors.length,
    colors: Int16Array.from(colors.flatMap(([x, y, z]) => [x, y, z, 0])),
    weights: Int32Array.from(colors, ([, , , weight]) => weight),
  }
}

function colorsOf(found: readonly number[]): number[][] {
  return Array.from({ length: found.length / 4 }, (_, at) => found.slice(at * 4, at * 4 + 3))
}
