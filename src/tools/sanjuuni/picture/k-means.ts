import { PALETTE_COLORS } from '../cell-frame.ts'
import type { ColorBins } from './color-bins.ts'
import type { Kernels } from './kernels.ts'
import { COLOR_WORDS } from './measured-colors.ts'

export const SUMS = PALETTE_COLORS * 4

/** A round that gains less than this share is the last. */
const LEAST_GAIN = 1 / 1000

/**
 * Moves 16 measured colours to the means of the bins nearest to them, round after round until they are almost still. Those
 * of `locked` stay. A colour that is nearest to nothing stays too.
 */
export function refineColors(kernels: Kernels, bins: ColorBins, start: Int16Array, options: RefineOptions): Int16Array {
  const { rounds, sums, locked } = options
  const colors = start.slice()
  let last = Infinity
  for (let round = 0; round < rounds; round++) {
    const error = kernels.assignColors(bins, { colors, sums })
    if (!moveToMeans(colors, sums, locked) || last - error < error * LEAST_GAIN) break
    last = error
  }
  return colors
}

export interface RefineOptions {
  readonly rounds: number
  /** SUMS floats of the kernels' memory. */
  readonly sums: Float64Array
  readonly locked: ReadonlySet<number>
}

/** Whether any colour has moved. */
function moveToMeans(colors: Int16Array, sums: Float64Array, locked: ReadonlySet<number>): boolean {
  let hasMoved = false
  for (let color = 0; color < PALETTE_COLORS; color++) {
    const weight = sums[color * 4]!
    if (weight === 0 || locked.has(color)) continue
    for (let word = 0; word < 3; word++) {
      const mean = Math.round(sums[color * 4 + 1 + word]! / weight)
      if (mean === colors[color * COLOR_WORDS + word]!) continue
      colors[color * COLOR_WORDS + word] = mean
      hasMoved = true
    }
  }
  return hasMoved
}
