import { SOLID } from '../cell-frame.ts'
import { BAYER_SIZE } from './bayer.ts'
import { assignColors, countColors } from './count-colors.ts'
import { diffuseCells } from './diffusion.ts'
import type { Kernels } from './kernels.ts'
import { COLOR_WORDS, RGB_SCALE } from './measured-colors.ts'
import { oklabOf } from './oklab.ts'
import { createPairSearch } from './pair-search.ts'

/** The kernels where WebAssembly has no SIMD: the same results, several times slower. */
export function createScalarKernels(): Kernels {
  return {
    bytes: (length) => new Uint8Array(length),
    words: (length) => new Int16Array(length),
    integers: (length) => new Int32Array(length),
    floats: (length) => new Float64Array(length),
    interleave,
    countColors,
    assignColors,
    measureRgb,
    measureOklab,
    addThresholds,
    chooseCells,
    diffuseCells,
  }
}

function interleave(planes: Uint8Array, rgb: Uint8Array): void {
  const count = rgb.length / 3
  for (let at = 0, to = 0; at < count; at++, to += 3) {
    rgb[to] = planes[at + 2 * count]!
    rgb[to + 1] = planes[at]!
    rgb[to + 2] = planes[at + count]!
  }
}

function measureRgb(rgb: Uint8Array, pixels: Int16Array): void {
  for (let from = 0, to = 0; from < rgb.length; from += 3, to += COLOR_WORDS) {
    pixels[to] = rgb[from]! * RGB_SCALE
    pixels[to + 1] = rgb[from + 1]! * RGB_SCALE
    pixels[to + 2] = rgb[from + 2]! * RGB_SCALE
  }
}

function measureOklab(rgb: Uint8Array, pixels: Int16Array): void {
  for (let from = 0, to = 0; from < rgb.length; from += 3, to += COLOR_WORDS) {
    pixels.set(oklabOf(rgb[from]!, rgb[from + 1]!, rgb[from + 2]!), to)
  }
}

function addThresholds(pixels: Int16Array, { size: { width, height }, thresholds }: Parameters<Kernels['addThresholds']>[1]): void {
  for (let y = 0, at = 0; y < height; y++) {
    const row = y % BAYER_SIZE * BAYER_SIZE
    for (let x = 0; x < width; x++) {
      const from = (row + x % BAYER_SIZE) * COLOR_WORDS
      for (let word = 0; word < COLOR_WORDS; word++, at++) pixels[at] = pixels[at]! + thresholds[from + word]!
    }
  }
}

function chooseCells(pixels: Int16Array, { size, colors, characters, cellColors }: Parameters<Kernels['chooseCells']>[1]): void {
  const { width, height } = size
  const search = createPairSearch(colors)
  let foreground = 0
  let cell = 0
  for (let y = 0; y < height; y += 3) {
    for (let x = 0; x < width; x += 2, cell++) {
      for (let pixel = 0; pixel < 6; pixel++) search.measure(pixel, pixels, ((y + (pixel >> 1)) * width + x + (pixel & 1)) * COLOR_WORDS)
      const { low, high } = search.best()
      const { background, bits } = search.draw(low, high)
      if (bits !== 0) foreground = low + high - background
      characters[cell] = SOLID | bits
      cellColors[cell] = background << 4 | foreground
    }
  }
}
