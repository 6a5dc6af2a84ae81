import { expect, test } from 'vitest'
import type { PictureOptions } from '../converter-options.ts'
import { hasSimd } from '../wasm-kernels.ts'
import { createCellMaker } from './cell-maker.ts'
import { counterBytes, createColorCounter } from './color-bins.ts'
import { SUMS } from './k-means.ts'
import type { Kernels } from './kernels.ts'
import { COLOR_WORDS } from './measured-colors.ts'
import type { PictureSize } from './picture-size.ts'
import { createPlaneReader } from './plane-reader.ts'
import { createScalarKernels } from './scalar-kernels.ts'
import { createSimdKernels } from './simd-kernels.ts'
import { noise, softNoise } from './test-pictures.ts'

const SIZES: readonly PictureSize[] = [[2, 3], [4, 3], [10, 9], [328, 243]].map(([width, height]) => ({ width: width!, height: height! }))
const PICTURES = [{ name: 'noise', draw: noise }, { name: 'soft noise', draw: softNoise }]
const CASES = SIZES.flatMap((size) => (
  PICTURES.map(({ name, draw }) => ({ draw, size, label: `${size.width}×${size.height} pixels of ${name}` }))
))
const DITHERS = ['none', 'ordered', 'diffusion'] as const
const SPACES = ['rgb', 'lab'] as const

test('this Node has SIMD, so that what follows compares two things', () => {
  expect(hasSimd()).toBe(true)
})

test.each(CASES)('SIMD and JavaScript draw the same cells of $label', ({ size, draw }) => {
  const rgb = draw(size, 1)
  const palette = noise({ width: 16, height: 1 }, 2)
  for (const dither of DITHERS) {
    for (const colorSpace of SPACES) {
      const options: PictureOptions = { palette: 'median-cut', dither, colorSpace, isNfpized: false }
      const [simd, scalar] = bothKernels(size).map((kernels) => createCellMaker(options, size, kernels).cells(rgb, palette))
      expect([simd!.columns, simd!.rows]).toEqual([size.width / 2, size.height / 3])
      expect(Buffer.compare(simd!.characters, scalar!.characters), `characters, ${dither} ${colorSpace}`).toBe(0)
      expect(Buffer.compare(simd!.colors, scalar!.colors), `colours, ${dither} ${colorSpace}`).toBe(0)
    }
  }
})

test.each(CASES)('SIMD and JavaScript make the planes of $label into the same pixels, which are its own', ({ size, draw }) => {
  const rgb = draw(size, 5)
  const count = rgb.length / 3
  // Green, blue and red.
  const planes = Uint8Array.from(rgb, (_, at) => rgb[at % count * 3 + [1, 2, 0][Math.trunc(at / count)]!]!)
  for (const kernels of bothKernels(size)) {
    const reader = createPlaneReader(size, kernels)
    reader.planes.set(planes)
    expect(Buffer.compare(reader.pixels(), rgb)).toBe(0)
  }
})

test.each(CASES)('SIMD and JavaScript count and assign the same colours of $label', ({ size, draw }) => {
  const rgb = draw(size, 3)
  const colors = Int16Array.from({ length: 16 * COLOR_WORDS }, (_, at) => (at % COLOR_WORDS === 3 ? 0 : at * 60))
  for (const colorSpace of SPACES) {
    const [simd, scalar] = bothKernels(size).map((kernels) => {
      const bins = createColorCounter(kernels, { size, colorSpace })(rgb)
      const sums = kernels.floats(SUMS)
      const error = kernels.assignColors(bins, { colors, sums })
      const weight = bins.weights.reduce((sum, share) => sum + share)
      return { length: bins.length, colors: bins.colors.join(), weights: bins.weights.join(), sums: sums.join(), error, weight }
    })
    expect(simd, colorSpace).toEqual(scalar)
    expect(simd!.weight).toBe(size.width * size.height)
  }
})

function bothKernels(size: PictureSize): readonly Kernels[] {
  return [createSimdKernels(counterBytes(size) + size.width * size.height * 16 + SUMS * 8 + 65_536), createScalarKernels()]
}
