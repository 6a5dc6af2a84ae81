import type { ColorSpace } from '../converter-options.ts'
import { HISTOGRAM_BINS, type Kernels } from './kernels.ts'
import { COLOR_WORDS } from './measured-colors.ts'
import type { PictureSize } from './picture-size.ts'

/** The colours of a picture, measured, each with the number of pixels near it. */
export interface ColorBins {
  readonly length: number
  readonly colors: Int16Array
  readonly weights: Int32Array
}

/** What a counter takes of its kernels' memory. */
export function counterBytes({ width, height }: PictureSize): number {
  return width * height * 3 + HISTOGRAM_BINS * (16 + 3 + 4 + 2 * COLOR_WORDS) + 64
}

/**
 * Counts the colours of pictures, near ones as one. The bins of a picture hold until the next is counted. A colour that is
 * far from all others is counted exactly, and so are all in a picture with little between its darkest and its brightest.
 */
export function createColorCounter(kernels: Kernels, { size, colorSpace }: { size: PictureSize; colorSpace: ColorSpace }) {
  const pixels = kernels.bytes(size.width * size.height * 3)
  const histogram = kernels.integers(HISTOGRAM_BINS * 4)
  const means = kernels.bytes(HISTOGRAM_BINS * 3)
  const weights = kernels.integers(HISTOGRAM_BINS)
  const colors = kernels.words(HISTOGRAM_BINS * COLOR_WORDS)
  return (rgb: Uint8Array): ColorBins => {
    pixels.set(rgb)
    const length = kernels.countColors(pixels, { histogram, means, weights })
    const found = means.subarray(0, length * 3)
    if (colorSpace === 'lab') kernels.measureOklab(found, colors)
    else kernels.measureRgb(found, colors)
    return { length, colors: colors.subarray(0, length * COLOR_WORDS), weights: weights.subarray(0, length) }
  }
}
