import { hasSimd } from '../wasm-kernels.ts'
import type { ColorBins } from './color-bins.ts'
import type { PictureSize } from './picture-size.ts'
import { createScalarKernels } from './scalar-kernels.ts'
import { createSimdKernels } from './simd-kernels.ts'

/** 32 a channel. */
export const HISTOGRAM_BINS = 32_768

/** The loops over all pixels. They work on arrays that they have given out themselves, since WebAssembly sees only its own memory. */
export interface Kernels {
  bytes(length: number): Uint8Array
  words(length: number): Int16Array
  integers(length: number): Int32Array
  floats(length: number): Float64Array
  /** All of a picture's green, then its blue and its red, to three bytes a pixel: red, green and blue. */
  interleave(planes: Uint8Array, rgb: Uint8Array): void
  /**
   * Counts near colours as one, 32 steps a channel from the lowest to the highest value that there is; notes the mean
   * colour and the weight of each, and gives their number. `histogram` is for the counting, four words a bin: all
   * zeroes, and left so.
   */
  countColors(rgb: Uint8Array, options: { histogram: Int32Array; means: Uint8Array; weights: Int32Array }): number
  /**
   * Gives each weighted colour to the nearest of 16. For each of those come four sums: of the weights given to it, and of
   * their three words. Gives the sum of all weighted squared distances.
   */
  assignColors(bins: ColorBins, options: { colors: Int16Array; sums: Float64Array }): number
  /** Into COLOR_WORDS a pixel. */
  measureRgb(rgb: Uint8Array, pixels: Int16Array): void
  measureOklab(rgb: Uint8Array, pixels: Int16Array): void
  /** Adds a square of 8×8 measured differences, again and again. */
  addThresholds(pixels: Int16Array, options: { size: PictureSize; thresholds: Int16Array }): void
  /** The character and the two of 16 measured colours that are nearest to a cell's six pixels, for every cell. */
  chooseCells(pixels: Int16Array, options: { size: PictureSize; colors: Int16Array; characters: Uint8Array; cellColors: Uint8Array }): void
  /** The same for an eye that is too far away to see single pixels: what a cell's two colours leave goes to its neighbours. */
  diffuseCells(pixels: Int16Array, options: { size: PictureSize; colors: Int16Array; characters: Uint8Array; cellColors: Uint8Array }): void
}

/** `bytes` are enough for all the arrays that will be asked for. */
export function openKernels(bytes: number): Kernels {
  return hasSimd() ? createSimdKernels(bytes) : createScalarKernels()
}
