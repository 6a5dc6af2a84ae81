import type { ColorBins } from './color-bins.ts'
import { COLOR_WORDS } from './measured-colors.ts'

const SLOTS = 64

/** Some of the bins, `order[start]` to before `order[end]`, and the best way to cut them in two. */
interface Box {
  readonly start: number
  readonly end: number
  readonly cut: Cut | undefined
}

interface Cut {
  readonly axis: number
  readonly lowest: number
  readonly highest: number
  /** The first slot of the upper half. */
  readonly slot: number
  /** How much nearer the two means are to the pixels than the one was: the squared distances saved. */
  readonly gain: number
}

/**
 * At most `count` measured colours: boxes cut in two where that brings the pixels nearest to their box's mean, on the
 * axis on which they differ most. A cut is between values, so equal colours stay together.
 */
export function medianCut(bins: ColorBins, count: number): number[] {
  const order = Uint32Array.from({ length: bins.length }, (_, bin) => bin)
  const boxes: Box[] = [boxOf(bins, order, 0, bins.length)]
  while (boxes.length < count) {
    const widest = boxes.reduce((best, box) => ((box.cut?.gain ?? 0) > (best.cut?.gain ?? 0) ? box : best))
    if (!widest.cut) break
    const middle = partition(bins, order, widest, widest.cut)
    boxes.splice(boxes.indexOf(widest), 1, boxOf(bins, order, widest.start, middle), boxOf(bins, order, middle, widest.end))
  }
  return boxes.flatMap((box) => meanOf(bins, order, box))
}

function boxOf(bins: ColorBins, order: Uint32Array, start: number, end: number): Box {
  return { start, end, cut: end - start > 1 ? bestCut(bins, order, start, end) : undefined }
}

function bestCut(bins: ColorBins, order: Uint32Array, start: number, end: number): Cut | undefined {
  const spreads = [0, 1, 2].map((axis) => spreadOf(bins, order, { start, end, axis }))
  const widest = spreads.reduce((most, spread) => (spread.squares > most.squares ? spread : most))
  return widest.highest > widest.lowest ? cutOnAxis(bins, order, { start, end, ...widest }) : undefined
}

/** The least and the greatest value on an axis, and the sum of squared distances to the mean. */
function spreadOf({ colors, weights }: ColorBins, order: Uint32Array, { start, end, axis }: { start: number; end: number; axis: number }) {
  let weight = 0
  let sum = 0
  let squares = 0
  let lowest = Infinity
  let highest = -Infinity
  for (let at = start; at < end; at++) {
    const bin = order[at]!
    const value = colors[bin * COLOR_WORDS + axis]!
    const share = weights[bin]! * value
    weight += weights[bin]!
    sum += share
    squares += share * value
    if (value < lowest) lowest = value
    if (value > highest) highest = value
  }
  return { axis, lowest, highest, squares: squares - sum * sum / weight }
}

interface Span {
  readonly start: number
  readonly end: number
  readonly axis: number
  readonly lowest: number
  readonly highest: number
}

function cutOnAxis({ colors, weights }: ColorBins, order: Uint32Array, span: Span): Cut {
  const { start, end, axis, lowest, highest } = span
  const slotWeights = new Float64Array(SLOTS)
  const slotSums = new Float64Array(SLOTS * 3)
  const total = [0, 0, 0, 0]
  for (let at = start; at < end; at++) {
    const bin = order[at]!
    const from = bin * COLOR_WORDS
    const slot = slotOf(colors[from + axis]!, lowest, highest)
    const weight = weights[bin]!
    slotWeights[slot] = slotWeights[slot]! + weight
    slotSums[slot * 3] = slotSums[slot * 3]! + weight * colors[from]!
    slotSums[slot * 3 + 1] = slotSums[slot * 3 + 1]! + weight * colors[from + 1]!
    slotSums[slot * 3 + 2] = slotSums[slot * 3 + 2]! + weight * colors[from + 2]!
  }
  for (let slot = 0; slot < SLOTS; slot++) {
    for (let channel = 0; channel < 3; channel++) total[channel] = total[channel]! + slotSums[slot * 3 + channel]!
    total[3] = total[3]! + slotWeights[slot]!
  }
  return { axis, lowest, highest, ...bestSlot(slotWeights, slotSums, total) }
}

function bestSlot(slotWeights: Float64Array, slotSums: Float64Array, total: readonly number[]): Pick<Cut, 'slot' | 'gain'> {
  const below = [0, 0, 0]
  let weight = 0
  let best = { slot: 1, gain: -1 }
  for (let slot = 1; slot < SLOTS; slot++) {
    weight += slotWeights[slot - 1]!
    let gain = 0
    for (let channel = 0; channel < 3; channel++) {
      below[channel] = below[channel]! + slotSums[(slot - 1) * 3 + channel]!
      const apart = below[channel]! / weight - (total[channel]! - below[channel]!) / (total[3]! - weight)
      gain += apart * apart
    }
    gain *= weight * (total[3]! - weight) / total[3]!
    if (gain > best.gain) best = { slot, gain }
  }
  return best
}

function slotOf(value: number, lowest: number, highest: number): number {
  return Math.trunc((value - lowest) * (SLOTS - 1) / (highest - lowest))
}

/** Puts the lower half first, and says where the upper one begins. */
function partition({ colors }: ColorBins, order: Uint32Array, { start, end }: Box, { axis, lowest, highest, slot }: Cut): number {
  let middle = start
  for (let at = start; at < end; at++) {
    const bin = order[at]!
    if (slotOf(colors[bin * COLOR_WORDS + axis]!, lowest, highest) >= slot) continue
    order[at] = order[middle]!
    order[middle++] = bin
  }
  return middle
}

function meanOf({ colors, weights }: ColorBins, order: Uint32Array, { start, end }: Box): number[] {
  const sums = [0, 0, 0]
  let weight = 0
  for (let at = start; at < end; at++) {
    const bin = order[at]!
    weight += weights[bin]!
    for (let channel = 0; channel < 3; channel++) sums[channel] = sums[channel]! + weights[bin]! * colors[bin * COLOR_WORDS + channel]!
  }
  return [...sums.map((sum) => Math.round(sum / weight)), 0]
}
