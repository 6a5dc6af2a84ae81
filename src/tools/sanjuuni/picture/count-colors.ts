import { PALETTE_COLORS } from '../cell-frame.ts'
import type { ColorBins } from './color-bins.ts'
import type { Kernels } from './kernels.ts'
import { COLOR_WORDS } from './measured-colors.ts'

const CHANNEL_BITS = 5

export function countColors(rgb: Uint8Array, { histogram, means, weights }: Parameters<Kernels['countColors']>[1]): number {
  const [red, green, blue] = [spanOf(rgb, 0), spanOf(rgb, 1), spanOf(rgb, 2)]
  for (let from = 0; from < rgb.length; from += 3) {
    const r = rgb[from]!
    const g = rgb[from + 1]!
    const b = rgb[from + 2]!
    const bin = (((r - red.lowest) >> red.shift) << 10 | ((g - green.lowest) >> green.shift) << 5 | (b - blue.lowest) >> blue.shift) * 4
    histogram[bin] = histogram[bin]! + 1
    histogram[bin + 1] = histogram[bin + 1]! + r
    histogram[bin + 2] = histogram[bin + 2]! + g
    histogram[bin + 3] = histogram[bin + 3]! + b
  }
  return gather(histogram, means, weights)
}

/** How far the values must be shifted for the span to fit 32 bins. */
function spanOf(rgb: Uint8Array, channel: number): { lowest: number; shift: number } {
  let lowest = 255
  let highest = 0
  for (let at = channel; at < rgb.length; at += 3) {
    lowest = Math.min(lowest, rgb[at]!)
    highest = Math.max(highest, rgb[at]!)
  }
  return { lowest, shift: Math.max(0, 32 - CHANNEL_BITS - Math.clz32(highest - lowest)) }
}

function gather(histogram: Int32Array, means: Uint8Array, weights: Int32Array): number {
  let found = 0
  for (let bin = 0; bin < histogram.length; bin += 4) {
    const pixels = histogram[bin]!
    if (pixels === 0) continue
    for (let channel = 0; channel < 3; channel++) means[found * 3 + channel] = (histogram[bin + 1 + channel]! + (pixels >> 1)) / pixels
    weights[found++] = pixels
    histogram.fill(0, bin, bin + 4)
  }
  return found
}

export function assignColors(bins: ColorBins, { colors, sums }: Parameters<Kernels['assignColors']>[1]): number {
  const { length, colors: measured, weights } = bins
  sums.fill(0)
  let error = 0
  for (let bin = 0; bin < length; bin++) {
    const from = bin * COLOR_WORDS
    let least = Infinity
    let nearest = 0
    for (let color = 0; color < PALETTE_COLORS; color++) {
      const to = color * COLOR_WORDS
      const x = measured[from]! - colors[to]!
      const y = measured[from + 1]! - colors[to + 1]!
      const z = measured[from + 2]! - colors[to + 2]!
      const distance = x * x + y * y + z * z
      if (distance >= least) continue
      least = distance
      nearest = color
    }
    const weight = weights[bin]!
    sums[nearest * 4] = sums[nearest * 4]! + weight
    for (let word = 0; word < 3; word++) sums[nearest * 4 + 1 + word] = sums[nearest * 4 + 1 + word]! + weight * measured[from + word]!
    error += weight * least
  }
  return error
}
