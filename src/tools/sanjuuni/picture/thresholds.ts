import { PALETTE_COLORS } from '../cell-frame.ts'
import { BAYER, BAYER_LEVELS } from './bayer.ts'
import { COLOR_WORDS } from './measured-colors.ts'

/** Of what the reference takes, for the mean distance between two colours. */
const SPREAD = 1 / 6

/** What an ordered dither adds to each pixel of an 8×8 square: more the farther the palette's colours are apart. */
export function thresholdsFor(colors: Int16Array): Int16Array {
  const amplitude = meanDistance(colors) * SPREAD
  const thresholds = new Int16Array(BAYER_LEVELS * COLOR_WORDS)
  for (const [at, level] of BAYER.entries()) {
    const difference = Math.round(amplitude * ((level + 0.5) / BAYER_LEVELS - 0.5))
    thresholds.fill(difference, at * COLOR_WORDS, at * COLOR_WORDS + 3)
  }
  return thresholds
}

function meanDistance(colors: Int16Array): number {
  let sum = 0
  for (let one = 0; one < PALETTE_COLORS; one++) {
    for (let other = 0; other < PALETTE_COLORS; other++) sum += distance(colors, one * COLOR_WORDS, other * COLOR_WORDS)
  }
  return sum / PALETTE_COLORS ** 2
}

function distance(colors: Int16Array, one: number, other: number): number {
  return Math.hypot(colors[one]! - colors[other]!, colors[one + 1]! - colors[other + 1]!, colors[one + 2]! - colors[other + 2]!)
}
