import { PALETTE_COLORS, SOLID } from '../cell-frame.ts'
import { rivalsOf } from './diffusion-rivals.ts'
import { PAIRS, pairTable, STEPS } from './diffusion-pairs.ts'
import { COLOR_WORDS } from './measured-colors.ts'

const PIXELS = 6

/** How much more the error of a cell's mean counts than those of its pixels, since the eye sees the mean. */
const MEAN_WEIGHT_OF_PAIR = 2
const MEAN_WEIGHT_OF_PATTERN = 6

/** Pixels that are alike get the second colour in this order: a chequered cell has no stripes. */
const ORDER = [0, 4, 5, 1, 2, 3]
const FARTHEST = 4 * STEPS

/**
 * Draws single cells of 16 measured colours; kernels/ does the same, eight words at a time.
 *
 * Pairs are tried of which one colour is the nearest to a pixel. Where but two colours can be, as in most cells, those are
 * tried of which one is the nearest to the cell's mean: then it takes only sums to know what each pair costs.
 */
export function createDiffusionCell(colors: Int16Array) {
  const table = pairTable(colors)
  const pixels = new Int16Array(PIXELS * COLOR_WORDS)
  const distances = new Int32Array(PIXELS * PALETTE_COLORS)
  const sums = new Int32Array(PALETTE_COLORS)
  const leasts = new Float32Array(PALETTE_COLORS)
  const partners = new Uint8Array(PALETTE_COLORS)
  const steps = new Int16Array(PIXELS)
  const left = new Int16Array(COLOR_WORDS)
  let background = 0
  let foreground = 0
  return { pixels, left, choose }

  /** Gives the character and the colours for what is in `pixels`, and notes in `left` what they leave of its mean. */
  function choose(): { character: number; color: number } {
    const nearest = measure()
    const middle = leastOf(sums)
    const isPlain = hasOneBitAtMost(rivalsOf(middle, { pixels, colors, sums }))
    const { one, other } = bestPair(isPlain ? 1 << middle : nearest)
    const isOther = one === other ? 0 : patternOf(one, other)
    const isInverse = isOther >> 5 !== 0
    const bits = isInverse ? ~isOther & 31 : isOther
    background = isInverse ? other : one
    if (bits !== 0) foreground = isInverse ? one : other
    noteLeft(bits)
    return { character: SOLID | bits, color: background << 4 | foreground }
  }

  /** The distances of all pixels to all colours. Gives a bit for each colour that is the nearest to a pixel. */
  function measure(): number {
    let nearest = 0
    sums.fill(0)
    for (let pixel = 0; pixel < PIXELS; pixel++) {
      let least = Infinity
      let which = 0
      for (let color = 0; color < PALETTE_COLORS; color++) {
        const x = pixels[pixel * COLOR_WORDS]! - colors[color * COLOR_WORDS]!
        const y = pixels[pixel * COLOR_WORDS + 1]! - colors[color * COLOR_WORDS + 1]!
        const z = pixels[pixel * COLOR_WORDS + 2]! - colors[color * COLOR_WORDS + 2]!
        const distance = x * x + y * y + z * z
        distances[pixel * PALETTE_COLORS + color] = distance
        sums[color] = sums[color]! + distance
        if (distance >= least) continue
        least = distance
        which = color
      }
      nearest |= 1 << which
    }
    return nearest
  }

  function bestPair(candidates: number): { one: number; other: number } {
    leasts.fill(Infinity)
    for (let one = 0; one < PALETTE_COLORS; one++) {
      if (candidates >> one & 1) for (let other = 0; other < PALETTE_COLORS; other++) {
        const cost = costOf(one, other)
        if (cost >= leasts[other]!) continue
        leasts[other] = cost
        partners[other] = one
      }
    }
    const other = leastOf(leasts)
    return { one: partners[other]!, other }
  }

  /** What the pixels would be off, each with the nearer of both colours, and what the mean of any mixture of the two. */
  function costOf(one: number, other: number): number {
    let apart = 0
    for (let pixel = 0; pixel < PIXELS; pixel++) {
      const toOne = distances[pixel * PALETTE_COLORS + one]!
      const toOther = distances[pixel * PALETTE_COLORS + other]!
      apart += toOne < toOther ? toOne : toOther
    }
    const pair = one * PALETTE_COLORS + other
    const between = table[pair]!
    const toOne = Math.fround(sums[one]!)
    const along = Math.fround(Math.fround(toOne + between) - Math.fround(sums[other]!))
    const share = Math.min(1, Math.max(0, Math.fround(along * table[PAIRS + pair]!)))
    const gained = Math.fround(share * Math.fround(along - Math.fround(share * between)))
    const ofMean = Math.fround(MEAN_WEIGHT_OF_PAIR * Math.fround(toOne - gained))
    return Math.fround(Math.fround(apart) + ofMean)
  }

  /** The pixels that are nearest to the other colour, as many as the mean needs: a bit for each. */
  function patternOf(one: number, other: number): number {
    const scale = table[2 * PAIRS + one * PALETTE_COLORS + other]!
    const from = one * COLOR_WORDS
    const to = other * COLOR_WORDS
    let sum = 0
    for (let pixel = 0; pixel < PIXELS; pixel++) {
      let along = 0
      for (let word = 0; word < 3; word++) {
        along += (pixels[pixel * COLOR_WORDS + word]! - colors[from + word]!) * (colors[to + word]! - colors[from + word]!)
      }
      const step = Math.floor(Math.fround(Math.fround(along) * scale))
      steps[pixel] = Math.max(-FARTHEST, Math.min(FARTHEST, step))
      sum += steps[pixel]!
    }
    let pattern = 0
    for (let pixel = 0; pixel < PIXELS; pixel++) {
      const needed = STEPS * (PIXELS + MEAN_WEIGHT_OF_PATTERN * (2 * rankOf(pixel) + 1))
      if (2 * PIXELS * steps[pixel]! + 2 * MEAN_WEIGHT_OF_PATTERN * sum > needed) pattern |= 1 << pixel
    }
    return pattern
  }

  /** How many pixels come before this one. */
  function rankOf(pixel: number): number {
    let before = 0
    for (let rival = 0; rival < PIXELS; rival++) {
      if (steps[rival]! > steps[pixel]! || (steps[rival] === steps[pixel] && ORDER[rival]! < ORDER[pixel]!)) before++
    }
    return before
  }

  function noteLeft(bits: number): void {
    const drawn = [0, 1, 2, 3, 4].filter((bit) => bits >> bit & 1).length
    for (let word = 0; word < 3; word++) {
      let sum = drawn * (colors[background * COLOR_WORDS + word]! - colors[foreground * COLOR_WORDS + word]!)
      for (let pixel = 0; pixel < PIXELS; pixel++) sum += pixels[pixel * COLOR_WORDS + word]! - colors[background * COLOR_WORDS + word]!
      left[word] = Math.imul(sum, 10_923) + 32_768 >> 16
    }
  }
}

/** The index of the first of the least. */
function leastOf(values: ArrayLike<number>): number {
  let least = 0
  for (let index = 1; index < values.length; index++) if (values[index]! < values[least]!) least = index
  return least
}

function hasOneBitAtMost(bits: number): boolean {
  return (bits & bits - 1) === 0
}
