import { PALETTE_COLORS } from '../cell-frame.ts'
import { COLOR_WORDS } from './measured-colors.ts'

const PIXELS = 6

/** Finds the two colours for the six pixels of a cell that leave the least squared error; of equal ones the first. */
export function createPairSearch(colors: Int16Array) {
  const distances = new Int32Array(PIXELS * PALETTE_COLORS)
  const nearest = new Uint8Array(PIXELS)
  return { measure, best, draw }

  /** The pixel's distances to all colours. */
  function measure(pixel: number, pixels: Int16Array, at: number): void {
    let least = Infinity
    for (let color = 0; color < PALETTE_COLORS; color++) {
      const from = color * COLOR_WORDS
      const x = pixels[at]! - colors[from]!
      const y = pixels[at + 1]! - colors[from + 1]!
      const z = pixels[at + 2]! - colors[from + 2]!
      const distance = x * x + y * y + z * z
      distances[pixel * PALETTE_COLORS + color] = distance
      if (distance >= least) continue
      least = distance
      nearest[pixel] = color
    }
  }

  function best(): { low: number; high: number } {
    const first = nearest[0]!
    let second = first
    for (let pixel = 1; pixel < PIXELS; pixel++) {
      const color = nearest[pixel]!
      if (color === first || color === second) continue
      if (second !== first) return searched()
      second = color
    }
    return { low: Math.min(first, second), high: Math.max(first, second) }
  }

  function searched(): { low: number; high: number } {
    let least = Infinity
    let pair = 0
    for (let low = 0; low < PALETTE_COLORS; low++) {
      for (let high = low; high < PALETTE_COLORS; high++) {
        let error = 0
        for (let at = 0; at < PIXELS * PALETTE_COLORS && error < least; at += PALETTE_COLORS) {
          const toLow = distances[at + low]!
          const toHigh = distances[at + high]!
          error += toLow < toHigh ? toLow : toHigh
        }
        if (error >= least) continue
        least = error
        pair = low * PALETTE_COLORS + high
      }
    }
    return { low: Math.trunc(pair / PALETTE_COLORS), high: pair % PALETTE_COLORS }
  }

  /** The bits of the pixels that are not of the last one's colour, which is the background's. */
  function draw(low: number, high: number): { background: number; bits: number } {
    let bits = 0
    for (let pixel = 0; pixel < PIXELS; pixel++) {
      if (distances[pixel * PALETTE_COLORS + high]! < distances[pixel * PALETTE_COLORS + low]!) bits |= 1 << pixel
    }
    return bits >> 5 === 0 ? { background: low, bits } : { background: high, bits: ~bits & 31 }
  }
}
