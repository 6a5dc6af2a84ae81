import { PALETTE_COLORS } from '../cell-frame.ts'
import type { ColorBins } from './color-bins.ts'
import { COLOR_WORDS } from './measured-colors.ts'

/** How far out the colours go, as a share of what they are from the mean of all, and of how widely their own pixels are spread. */
const OUTWARD = 0.06
const OF_SPREAD = 0.35

/**
 * Moves measured colours outward. Mixtures lie between their colours, so colours that are all means of pixels cannot
 * mix the outermost pixels. A colour whose pixels are all alike stays.
 */
export function widenColors(colors: Int16Array, { length, colors: measured, weights }: ColorBins): Int16Array {
  const totals = new Float64Array(PALETTE_COLORS)
  const squares = new Float64Array(PALETTE_COLORS)
  const middle = [0, 0, 0]
  let all = 0
  for (let bin = 0; bin < length; bin++) {
    let least = Infinity
    let nearest = 0
    for (let color = 0; color < PALETTE_COLORS; color++) {
      const x = measured[bin * COLOR_WORDS]! - colors[color * COLOR_WORDS]!
      const y = measured[bin * COLOR_WORDS + 1]! - colors[color * COLOR_WORDS + 1]!
      const z = measured[bin * COLOR_WORDS + 2]! - colors[color * COLOR_WORDS + 2]!
      const distance = x * x + y * y + z * z
      if (distance >= least) continue
      least = distance
      nearest = color
    }
    const weight = weights[bin]!
    totals[nearest] = totals[nearest]! + weight
    squares[nearest] = squares[nearest]! + weight * least
    all += weight
    for (let word = 0; word < 3; word++) middle[word] = middle[word]! + weight * measured[bin * COLOR_WORDS + word]!
  }
  return colors.map((value, at) => {
    const color = Math.trunc(at / COLOR_WORDS)
    const word = at % COLOR_WORDS
    if (word === 3 || totals[color] === 0) return value
    const away = [0, 1, 2].map((axis) => colors[color * COLOR_WORDS + axis]! - middle[axis]! / all)
    const far = Math.hypot(...away)
    const share = far === 0 ? 0 : Math.min(OUTWARD, OF_SPREAD * Math.sqrt(squares[color]! / totals[color]!) / far)
    return Math.round(value + away[word]! * share)
  })
}
