import { bestPair, measure } from './diffusion-cell'
import { takeColors } from './nearest'
import { SCALES } from './pair-costs'
import { patternOf } from './pattern'
import { pairOfPlain, takeColorsOfPlain } from './plain-cell'

const PIXEL: usize = 8
const SOLID: u8 = 0x80
// The cells that are being drawn: six pixels each, and their sum.
const CELL = memory.data(64, 16)
const LOWER_CELL = memory.data(64, 16)
// Six times each of 16 colours.
const SIXFOLD = memory.data(256, 16)
// What is the same for all cells stands in memory: to load it takes one instruction, and to make it three.
const SIXTH = memory.data<i32>([10_923, 10_923, 10_923, 10_923], 16)
const HALF = memory.data<i32>([32_768, 32_768, 32_768, 32_768], 16)
const MOST_LEFT = memory.data<i16>([1024, 1024, 1024, 1024, 1024, 1024, 1024, 1024], 16)
const LEAST_LEFT = memory.data<i16>([-1024, -1024, -1024, -1024, -1024, -1024, -1024, -1024], 16)
const SHARE = memory.data<i16>([14, 14, 14, 14, 14, 14, 14, 14], 16)
const HALF_SHARE = memory.data<i16>([16, 16, 16, 16, 16, 16, 16, 16], 16)

// Of the picture that is being drawn.
let stride: usize = 0
let colors: usize = 0
let pairs: usize = 0
let characters: usize = 0
let cellColors: usize = 0

/** What all cells of a picture are drawn with and where they go: `table` is that of diffusion-pairs.ts. */
export function beginDiffusion(palette: usize, table: usize, charactersTo: usize, cellColorsTo: usize): void {
  colors = palette
  pairs = table
  characters = charactersTo
  cellColors = cellColorsTo
  takeColors(palette)
  takeColorsOfPlain(palette)
  for (let color: usize = 0; color < 16; color++) {
    v128.store(SIXFOLD + (color << 4), i32x4.mul(v128.load16x4_s(palette + (color << 3)), i32x4.splat(6)))
  }
}

/**
 * The same cells that diffusion.ts makes, once begun. `carried` has room for four rows of cells and two more in each, a
 * measured colour a cell.
 */
export function diffuseCells(pixels: usize, width: i32, height: i32, carried: usize): void {
  const columns = width >> 1
  const rows = height / 3
  const half = (rows + 1) >> 1
  stride = <usize>width * PIXEL
  const line = <usize>(columns + 2) * PIXEL
  // A line of the upper half and one of the lower.
  let above = carried
  let below = carried + 2 * line
  let foreground: i32 = 0
  let lowerForeground: i32 = 0
  memory.fill(above, 0, 2 * line)
  for (let row = 0; row < half; row++) {
    memory.fill(below, 0, 2 * line)
    const step = (row & 1) === 0 ? 1 : -1
    const ahead = <usize>step << 3
    const from = pixels + <usize>(row * 3) * stride
    const lowerFrom = pixels + <usize>((row + half) * 3) * stride
    for (let column = step > 0 ? 0 : columns - 1; column >= 0 && column < columns; column += step) {
      const at = <usize>(column + 1) << 3
      const x = <usize>column << 4
      // A cell waits for the one before it and its colours for its pair. The other half's cell does neither, and the
      // processor does both at once.
      const hasLower = row + half < rows
      const pair = pairOf(from + x, above + at, CELL)
      const lowerPair = hasLower ? pairOf(lowerFrom + x, above + line + at, LOWER_CELL) : 0
      foreground = drawCell(CELL, pair, <usize>(row * columns + column), foreground, above + at + ahead, below + at)
      if (!hasLower) continue
      const lowerNumber = <usize>((row + half) * columns + column)
      lowerForeground = drawCell(LOWER_CELL, lowerPair, lowerNumber, lowerForeground, above + line + at + ahead, below + line + at)
    }
    const done = above
    above = below
    below = done
  }
}

/** Moves a cell's pixels by what the cells before left, notes them in `cell` and the sum of all after them. Gives its pair. */
function pairOf(from: usize, carried: usize, cell: usize): i32 {
  const carry = v128.load64_splat(carried)
  const tilt = i16x8.shr_s(carry, 1)
  const upper = i16x8.add(v128.load(from), i16x8.add(carry, tilt))
  const middle = i16x8.add(v128.load(from + stride), carry)
  const lower = i16x8.add(v128.load(from + 2 * stride), i16x8.sub(carry, tilt))
  const sum = i16x8.add(i16x8.add(upper, middle), lower)
  const all = i32x4.add(i32x4.extend_low_i16x8_s(sum), i32x4.extend_high_i16x8_s(sum))
  v128.store(cell, upper)
  v128.store(cell, middle, 16)
  v128.store(cell, lower, 32)
  v128.store(cell, all, 48)
  const plain = pairOfPlain(upper, middle, lower, sum, all, colors, pairs)
  return plain < 0 ? bestPair(measure(cell), pairs) : plain
}

/**
 * Draws the cell `number` and adds what it leaves to `ahead` and `below`. Gives the foreground, which a cell of one colour
 * leaves as it was.
 */
function drawCell(cell: usize, pair: i32, number: usize, lastForeground: i32, ahead: usize, below: usize): i32 {
  const one = pair & 15
  const other = pair >> 4
  const isOther = one === other ? 0 : patternOf(
    v128.load(cell), v128.load(cell, 16), v128.load(cell, 32), colorAt(one), colorAt(other), pairs + SCALES + (<usize>(one << 4 | other) << 2),
  )
  const isInverse = isOther >> 5 !== 0
  const bits = isInverse ? ~isOther & 31 : isOther
  const background = isInverse ? other : one
  const foreground = bits === 0 ? lastForeground : isInverse ? one : other
  store<u8>(characters + number, SOLID | <u8>bits)
  store<u8>(cellColors + number, <u8>(background << 4 | foreground))
  const share = shareOf(v128.load(cell, 48), background, foreground, popcnt(bits))
  v128.store64_lane(ahead, i16x8.add(v128.load64_zero(ahead), share), 0)
  v128.store64_lane(below, i16x8.add(v128.load64_zero(below), share), 0)
  return foreground
}

// @ts-ignore: decorator
@inline
function colorAt(color: i32): usize {
  return colors + (<usize>color << 3)
}

/** The share of each neighbour in what the colours leave of the mean of a cell; `all` is the sum of its pixels. */
// @ts-ignore: decorator
@inline
function shareOf(all: v128, background: i32, foreground: i32, drawn: i32): v128 {
  const plain = i32x4.sub(all, v128.load(SIXFOLD + (<usize>background << 4)))
  const way = i32x4.sub(v128.load16x4_s(colorAt(background)), v128.load16x4_s(colorAt(foreground)))
  const left = i32x4.add(plain, i32x4.mul(way, i32x4.splat(drawn)))
  const mean = i32x4.shr_s(i32x4.add(i32x4.mul(left, v128.load(SIXTH)), v128.load(HALF)), 16)
  const words = i16x8.min_s(i16x8.max_s(i16x8.narrow_i32x4_s(mean, mean), v128.load(LEAST_LEFT)), v128.load(MOST_LEFT))
  return i16x8.shr_s(i16x8.add(i16x8.mul(words, v128.load(SHARE)), v128.load(HALF_SHARE)), 5)
}
