import type { ColorBins } from './color-histogram.ts'
import { colorDistance } from './color-distance.ts'
import { NearestColor } from './nearest-color.ts'

/** Rounds in which the colours move to the middle of what they stand for; more of them gain next to nothing. */
const ROUNDS = 6

/**
 * At most `count` colours, three bytes each, for what was counted: boxes cut in two where that takes away most of the
 * squared error (Wu, "Efficient statistical computations for optimal color quantization", 1991), then Lloyd's rounds.
 */
export function makePalette(bins: ColorBins, count: number): Uint8Array {
  const colors = cutBoxes(bins, count)
  for (let round = 0; round < ROUNDS; round++) moveToMeans(bins, colors)
  return Uint8Array.from(colors, (value) => Math.round(value))
}

/** The squared distance to the nearest colour, summed over all that was counted. */
export function paletteError(bins: ColorBins, palette: Uint8Array): number {
  const nearest = new NearestColor(palette)
  let sum = 0
  for (let bin = 0; bin < bins.length; bin++) {
    const at = nearest.search(bins.red[bin]!, bins.green[bin]!, bins.blue[bin]!) * 3
    sum += bins.weight[bin]! * colorDistance(palette[at]! - bins.red[bin]!, palette[at + 1]! - bins.green[bin]!, palette[at + 2]! - bins.blue[bin]!)
  }
  return sum
}

/** Bins `order[start]` to before `order[end]`, and what is won by cutting them before `order[middle]`. */
interface Box {
  readonly start: number
  readonly end: number
  readonly middle: number
  readonly gain: number
  /** The part of `order` as the best cut wants it. */
  readonly sorted: Uint32Array
}

function cutBoxes(bins: ColorBins, count: number): Float64Array {
  const order = Uint32Array.from({ length: bins.length }, (_, bin) => bin)
  const boxes = [measureBox(bins, order, 0, bins.length)]
  while (boxes.length < count) {
    const best = boxes.reduce((most, box, index) => (box.gain > boxes[most]!.gain ? index : most), 0)
    const { start, end, middle, gain, sorted } = boxes[best]!
    if (gain <= 0) break
    order.set(sorted, start)
    boxes[best] = measureBox(bins, order, start, middle)
    boxes.push(measureBox(bins, order, middle, end))
  }
  return Float64Array.from(boxes.flatMap(({ start, end }) => meanOf(bins, order.subarray(start, end))))
}

function measureBox(bins: ColorBins, order: Uint32Array, start: number, end: number): Box {
  let best: Box = { start, end, middle: end, gain: 0, sorted: order.slice(start, end) }
  if (end - start < 2) return best
  for (const [axis, values] of [bins.red, bins.green, bins.blue].entries()) {
    const sorted = order.slice(start, end).sort((a, b) => values[a]! - values[b]!)
    const { at, gain } = bestCut(values, bins.weight, sorted)
    const seen = gain * colorDistance(Number(axis === 0), Number(axis === 1), Number(axis === 2))
    if (seen > best.gain) best = { start, end, middle: start + at, gain: seen, sorted }
  }
  return best
}

/** Where to cut a sorted row so that the squared distances to the two means are least. */
function bestCut(values: Float32Array, weights: Float32Array, sorted: Uint32Array): { readonly at: number; readonly gain: number } {
  let [weight, sum] = [0, 0]
  for (const bin of sorted) {
    weight += weights[bin]!
    sum += weights[bin]! * values[bin]!
  }
  let [lower, lowerSum, best, gain] = [0, 0, 0, 0]
  for (let at = 1; at < sorted.length; at++) {
    const bin = sorted[at - 1]!
    lower += weights[bin]!
    lowerSum += weights[bin]! * values[bin]!
    if (values[sorted[at]!] === values[bin]) continue
    const apart = lowerSum / lower - (sum - lowerSum) / (weight - lower)
    const won = ((lower * (weight - lower)) / weight) * apart * apart
    if (won > gain) [best, gain] = [at, won]
  }
  return { at: best, gain }
}

function meanOf(bins: ColorBins, some: Uint32Array): number[] {
  let [weight, red, green, blue] = [0, 0, 0, 0]
  for (const bin of some) {
    const share = bins.weight[bin]!
    weight += share
    red += share * bins.red[bin]!
    green += share * bins.green[bin]!
    blue += share * bins.blue[bin]!
  }
  return [red / weight, green / weight, blue / weight]
}

function moveToMeans(bins: ColorBins, colors: Float64Array): void {
  const nearest = new NearestColor(colors)
  const sums = new Float64Array((colors.length / 3) * 4)
  for (let bin = 0; bin < bins.length; bin++) {
    const color = nearest.search(bins.red[bin]!, bins.green[bin]!, bins.blue[bin]!)
    const share = bins.weight[bin]!
    sums[color * 4]! += share
    sums[color * 4 + 1]! += share * bins.red[bin]!
    sums[color * 4 + 2]! += share * bins.green[bin]!
    sums[color * 4 + 3]! += share * bins.blue[bin]!
  }
  for (let color = 0; color < colors.length / 3; color++) {
    const share = sums[color * 4]!
    if (share === 0) continue
    for (let channel = 0; channel < 3; channel++) colors[color * 3 + channel] = sums[color * 4 + 1 + channel]! / share
  }
}
