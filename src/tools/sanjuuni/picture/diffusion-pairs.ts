import { PALETTE_COLORS } from '../cell-frame.ts'
import { COLOR_WORDS } from './measured-colors.ts'

export const PAIRS = PALETTE_COLORS * PALETTE_COLORS

/** From a colour to another in so many steps: pixels that differ by less are alike, so that noise makes no patterns. */
export const STEPS = 16

/**
 * Three 32-bit floats for each pair of colours, the squared distance between the two being d: first all 6d, then all
 * 1 / 12d, then all STEPS / d. A colour and itself have 0.
 */
export function pairTable(colors: Int16Array): Float32Array {
  const table = new Float32Array(PAIRS * 3)
  for (let pair = 0; pair < PAIRS; pair++) {
    const one = (pair >> 4) * COLOR_WORDS
    const other = (pair & 15) * COLOR_WORDS
    const x = colors[one]! - colors[other]!
    const y = colors[one + 1]! - colors[other + 1]!
    const z = colors[one + 2]! - colors[other + 2]!
    const distance = x * x + y * y + z * z
    table[pair] = 6 * distance
    table[PAIRS + pair] = distance === 0 ? 0 : 1 / (12 * distance)
    table[2 * PAIRS + pair] = distance === 0 ? 0 : STEPS / distance
  }
  return table
}
