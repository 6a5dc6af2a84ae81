import { PALETTE_COLORS } from '../cell-frame.ts'
import { COLOR_WORDS } from './measured-colors.ts'

const PIXELS = 6
const FARTHEST = 0x7fff

interface MeasuredCell {
  readonly pixels: Int16Array
  readonly colors: Int16Array
  /** Of the squared distances of all pixels to each colour. */
  readonly sums: Int32Array
}

/**
 * A bit for each colour that may be nearer to a pixel of a cell than the one that is the nearest to their mean. On the way
 * from that one to another no pixel is farther from the mean than its reach times that way, axis by axis: where the mean
 * is nearer by more than that, so are all pixels.
 */
export function rivalsOf(nearest: number, { pixels, colors, sums }: MeasuredCell): number {
  const reach = [0, 1, 2].map((word) => reachOf(pixels, word))
  let rivals = 0
  for (let color = 0; color < PALETTE_COLORS; color++) {
    let most = 0
    for (let word = 0; word < 3; word++) {
      most += reach[word]! * Math.abs(colors[color * COLOR_WORDS + word]! - colors[nearest * COLOR_WORDS + word]!)
    }
    if (color !== nearest && sums[color]! - sums[nearest]! >> 2 <= most) rivals |= 1 << color
  }
  return rivals
}

/** Three times as far as any pixel is from the mean on one axis, rounded up. */
function reachOf(pixels: Int16Array, word: number): number {
  let [sum, high, low] = [0, -Infinity, Infinity]
  for (let pixel = 0; pixel < PIXELS; pixel++) {
    const value = pixels[pixel * COLOR_WORDS + word]!
    sum += value
    high = Math.max(high, value)
    low = Math.min(low, value)
  }
  return Math.min(FARTHEST, Math.max(PIXELS * high - sum, sum - PIXELS * low) + 1 >> 1)
}
