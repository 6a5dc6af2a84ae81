import { WasmKernels } from '../wasm-kernels.ts'
import { PAIRS, pairTable } from './diffusion-pairs.ts'
import type { Kernels } from './kernels.ts'
import { COLOR_WORDS } from './measured-colors.ts'
import { CONES, OKLAB_MATRIX } from './oklab.ts'

/** What the AssemblyScript in kernels/ exports. Pictures and tables are given by their addresses. */
interface Exports {
  interleave(planes: number, rgb: number, count: number): void
  countColors(rgb: number, count: number, histogram: number, means: number, weights: number): number
  assignColors(measured: number, weights: number, count: number, colors: number, sums: number): number
  measureRgb(rgb: number, pixels: number, count: number): void
  measureOklab(rgb: number, pixels: number, count: number, cones: number, matrix: number): void
  addThresholds(pixels: number, width: number, height: number, thresholds: number): void
  chooseCells(pixels: number, width: number, height: number, colors: number, characters: number, cellColors: number): void
  beginDiffusion(colors: number, pairs: number, characters: number, cellColors: number): void
  diffuseCells(pixels: number, width: number, height: number, carried: number): void
}

/** `bytes` are enough for all the arrays that will be asked for. */
export function createSimdKernels(bytes: number): Kernels {
  const wasm = new WasmKernels<Exports>('picture/kernels', bytes)
  const kernels = wasm.call
  const copyOf = (values: Float32Array) => {
    const copy = wasm.singles(values.length)
    copy.set(values)
    return copy.byteOffset
  }
  const cones = copyOf(CONES)
  const matrix = copyOf(OKLAB_MATRIX)
  const colorsHeld = wasm.words(64)
  const thresholdsHeld = wasm.words(256)
  const pairsHeld = wasm.singles(PAIRS * 3)
  let carried = wasm.words(0)
  return {
    bytes: (length) => wasm.bytes(length),
    words: (length) => wasm.words(length),
    integers: (length) => wasm.integers(length),
    floats: (length) => wasm.floats(length),
    interleave: (planes, rgb) => kernels.interleave(planes.byteOffset, rgb.byteOffset, rgb.length / 3),
    countColors: (rgb, { histogram, means, weights }) => (
      kernels.countColors(rgb.byteOffset, rgb.length / 3, histogram.byteOffset, means.byteOffset, weights.byteOffset)
    ),
    assignColors(bins, { colors, sums }) {
      colorsHeld.set(colors)
      return kernels.assignColors(bins.colors.byteOffset, bins.weights.byteOffset, bins.length, colorsHeld.byteOffset, sums.byteOffset)
    },
    measureRgb: (rgb, pixels) => kernels.measureRgb(rgb.byteOffset, pixels.byteOffset, rgb.length / 3),
    measureOklab: (rgb, pixels) => kernels.measureOklab(rgb.byteOffset, pixels.byteOffset, rgb.length / 3, cones, matrix),
    addThresholds(pixels, { size: { width, height }, thresholds }) {
      thresholdsHeld.set(thresholds)
      kernels.addThresholds(pixels.byteOffset, width, height, thresholdsHeld.byteOffset)
    },
    chooseCells(pixels, { size: { width, height }, colors, characters, cellColors }) {
      colorsHeld.set(colors)
      kernels.chooseCells(pixels.byteOffset, width, height, colorsHeld.byteOffset, characters.byteOffset, cellColors.byteOffset)
    },
    diffuseCells(pixels, { size: { width, height }, colors, characters, cellColors }) {
      colorsHeld.set(colors)
      pairsHeld.set(pairTable(colors))
      // Four rows of cells, and two cells more in each.
      const needed = (2 * width + 8) * COLOR_WORDS
      if (carried.length < needed) carried = wasm.words(needed)
      kernels.beginDiffusion(colorsHeld.byteOffset, pairsHeld.byteOffset, characters.byteOffset, cellColors.byteOffset)
      kernels.diffuseCells(pixels.byteOffset, width, height, carried.byteOffset)
    },
  }
}
