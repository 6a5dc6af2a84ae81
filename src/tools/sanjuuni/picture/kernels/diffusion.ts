import { bestPair, measure, patternOf, takeColors } from './diffusion-cell'
import { pairOfEven, takeColorsOfEven } from './even-cell'

const PIXEL: usize = 8
const SOLID: u8 = 0x80
const SCALES: usize = 2048
const MOST_LEFT: i16 = 1024

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
  takeColorsOfEven(palette)
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
      foreground = drawCell(from + x, above + at, below + at, ahead, <usize>(row * columns + column), foreground)
      // A cell waits for the one before it; the other half's cell does not, and the processor draws both at once.
      if (row + half >= rows) continue
      const lowerCell = <usize>((row + half) * columns + column)
      lowerForeground = drawCell(lowerFrom + x, above + line + at, below + line + at, ahead, lowerCell, lowerForeground)
    }
    const done = above
    above = below
    below = done
  }
}

/** Gives the foreground, which a cell of one colour leaves as it was. */
function drawCell(from: usize, above: usize, below: usize, ahead: usize, cell: usize, lastForeground: i32): i32 {
  const carry = v128.load64_splat(above)
  const tilt = i16x8.shr_s(carry, 1)
  const upper = i16x8.add(v128.load(from), i16x8.add(carry, tilt))
  const middle = i16x8.add(v128.load(from + stride), carry)
  const lower = i16x8.add(v128.load(from + 2 * stride), i16x8.sub(carry, tilt))
  const sum = i16x8.add(i16x8.add(upper, middle), lower)
  const evenPair = pairOfEven(upper, middle, lower, sum, pairs)
  const pair = evenPair < 0 ? bestPair(measure(upper, middle, lower), pairs) : evenPair
  const one = pair & 15
  const other = pair >> 4
  const isOther = one === other ? 0 : patternOf(upper, middle, lower, colorAt(one), colorAt(other), scaleOf(one, other))
  const isInverse = isOther >> 5 !== 0
  const bits = isInverse ? ~isOther & 31 : isOther
  const background = isInverse ? other : one
  const foreground = bits === 0 ? lastForeground : isInverse ? one : other
  store<u8>(characters + cell, SOLID | <u8>bits)
  store<u8>(cellColors + cell, <u8>(background << 4 | foreground))
  const left = leftOf(sum, v128.load16x4_s(colorAt(background)), v128.load16x4_s(colorAt(foreground)), popcnt(bits))
  carryOn(above + ahead, left, 14)
  carryOn(below, left, 14)
  return foreground
}

// @ts-ignore: decorator
@inline
function colorAt(color: i32): usize {
  return colors + (<usize>color << 3)
}

// @ts-ignore: decorator
@inline
function scaleOf(one: i32, other: i32): f32 {
  return load<f32>(pairs + SCALES + (<usize>(one << 4 | other) << 2))
}

/** What the colours leave of the mean of a cell; `sum` is that of the left pixels, and that of the right ones. */
// @ts-ignore: decorator
@inline
function leftOf(sum: v128, background: v128, foreground: v128, drawn: i32): v128 {
  const all = i32x4.add(i32x4.extend_low_i16x8_s(sum), i32x4.extend_high_i16x8_s(sum))
  const plain = i32x4.sub(all, i32x4.mul(background, i32x4.splat(6)))
  const left = i32x4.add(plain, i32x4.mul(i32x4.sub(background, foreground), i32x4.splat(drawn)))
  const mean = i32x4.shr_s(i32x4.add(i32x4.mul(left, i32x4.splat(10923)), i32x4.splat(32768)), 16)
  const words = i16x8.narrow_i32x4_s(mean, mean)
  return i16x8.min_s(i16x8.max_s(words, i16x8.splat(-MOST_LEFT)), i16x8.splat(MOST_LEFT))
}

// @ts-ignore: decorator
@inline
function carryOn(to: usize, left: v128, parts: i16): void {
  const share = i16x8.shr_s(i16x8.add(i16x8.mul(left, i16x8.splat(parts)), i16x8.splat(16)), 5)
  v128.store64_lane(to, i16x8.add(v128.load64_zero(to), share), 0)
}
