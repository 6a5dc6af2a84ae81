import { leastOf, whichAre } from './nearest'

// Of the table of pairs, in bytes.
const INVERSES: usize = 1024
// Of 16 colours: their first two words and their third one twice, both times -2, and six times their squared length.
const DOUBLED = memory.data(128, 16)
const SQUARES = memory.data(64, 16)
// Of each pair of colours how far they are apart in the first two words, and then in the others.
const WAY_BYTES: usize = 1024
const WAYS = memory.data(2048, 16)
const ALL_COLORS: i32 = 0xffff

/** Notes the 16 colours that the cells to come are drawn with. */
export function takeColorsOfEven(colors: usize): void {
  for (let color: usize = 0; color < 16; color++) {
    const from = colors + (color << 3)
    const x = <i32>load<i16>(from)
    const y = <i32>load<i16>(from, 2)
    const z = <i32>load<i16>(from, 4)
    const at = DOUBLED + (color << 2)
    store<i16>(at, <i16>(-2 * x))
    store<i16>(at, <i16>(-2 * y), 2)
    store<i16>(at, <i16>(-2 * z), 64)
    store<i16>(at, <i16>(-2 * z), 66)
    store<i32>(SQUARES + (color << 2), 6 * (x * x + y * y + z * z))
    noteWays(colors, color)
  }
}

function noteWays(colors: usize, one: usize): void {
  const from = v128.load64_splat(colors + (one << 3))
  for (let other: usize = 0; other < 16; other += 4) {
    const first = i16x8.abs(i16x8.sub(v128.load(colors + (other << 3)), from))
    const second = i16x8.abs(i16x8.sub(v128.load(colors + (other << 3), 16), from))
    const at = WAYS + (one << 6) + (other << 2)
    v128.store(at, v128.shuffle<i32>(first, second, 0, 2, 4, 6))
    v128.store(at, v128.shuffle<i32>(first, second, 1, 3, 5, 7), 1024)
  }
}

/**
 * What bestPair of diffusion-cell.ts gives for a cell whose pixels are all nearest to the same colour; -1 where that is
 * not certain. Then it is the colour that is nearest to their mean, and what single pixels are off is the same with any
 * other: only sums are needed. `sum` is that of the left pixels, and that of the right ones.
 */
// @ts-ignore: decorator
@inline
export function pairOfEven(upper: v128, middle: v128, lower: v128, sum: v128, table: usize): i32 {
  const leftXy = v128.shuffle<i32>(sum, sum, 0, 0, 0, 0)
  const rightXy = v128.shuffle<i32>(sum, sum, 2, 2, 2, 2)
  const z = v128.shuffle<i16>(sum, sum, 2, 6, 2, 6, 2, 6, 2, 6)
  const squares = squaresOf(upper, middle, lower)
  const a = sumsOf(leftXy, rightXy, z, squares, 0)
  const b = sumsOf(leftXy, rightXy, z, squares, 16)
  const c = sumsOf(leftXy, rightXy, z, squares, 32)
  const d = sumsOf(leftXy, rightXy, z, squares, 48)
  const least = leastOf(a, b, c, d)
  const one = ctz(whichAre(least, a, b, c, d))
  const pairs = table + (<usize>one << 6)
  const reach = reachOf(upper, middle, lower, sum)
  const reachXy = v128.shuffle<i32>(reach, reach, 0, 0, 0, 0)
  const reachZ = v128.shuffle<i32>(reach, reach, 1, 1, 1, 1)
  const ways = WAYS + (<usize>one << 6)
  const farther = bitsOf(
    isFarther(a, least, reachXy, reachZ, ways), isFarther(b, least, reachXy, reachZ, ways + 16),
    isFarther(c, least, reachXy, reachZ, ways + 32), isFarther(d, least, reachXy, reachZ, ways + 48),
  )
  if ((farther | 1 << one) !== ALL_COLORS) return -1
  const own = f32x4.convert_i32x4_s(least)
  const costsA = costsOf(a, own, pairs)
  const costsB = costsOf(b, own, pairs + 16)
  const costsC = costsOf(c, own, pairs + 32)
  const costsD = costsOf(d, own, pairs + 48)
  const halves = f32x4.pmin(f32x4.pmin(costsA, costsB), f32x4.pmin(costsC, costsD))
  const quarters = f32x4.pmin(halves, v128.shuffle<i32>(halves, halves, 2, 3, 0, 1))
  const cost = f32x4.pmin(quarters, v128.shuffle<i32>(quarters, quarters, 1, 0, 3, 2))
  const other = ctz(bitsOf(f32x4.eq(costsA, cost), f32x4.eq(costsB, cost), f32x4.eq(costsC, cost), f32x4.eq(costsD, cost)))
  return other << 4 | one
}

/** The sum of all squared words, in every lane. */
// @ts-ignore: decorator
@inline
function squaresOf(upper: v128, middle: v128, lower: v128): v128 {
  const all = i32x4.add(i32x4.add(i32x4.dot_i16x8_s(upper, upper), i32x4.dot_i16x8_s(middle, middle)), i32x4.dot_i16x8_s(lower, lower))
  const halves = i32x4.add(all, v128.shuffle<i32>(all, all, 2, 3, 0, 1))
  return i32x4.add(halves, v128.shuffle<i32>(halves, halves, 1, 0, 3, 2))
}

/** The sums of the squared distances of all pixels to four colours: p² - 2pc + 6c². */
// @ts-ignore: decorator
@inline
function sumsOf(leftXy: v128, rightXy: v128, z: v128, squares: v128, at: usize): v128 {
  const xy = v128.load(DOUBLED + at)
  const products = i32x4.add(
    i32x4.add(i32x4.dot_i16x8_s(leftXy, xy), i32x4.dot_i16x8_s(rightXy, xy)), i32x4.dot_i16x8_s(z, v128.load(DOUBLED + at, 64)),
  )
  return i32x4.add(i32x4.add(products, v128.load(SQUARES + at)), squares)
}

/** Three times as far as any pixel may be from the mean, in each word. */
// @ts-ignore: decorator
@inline
function reachOf(upper: v128, middle: v128, lower: v128, sum: v128): v128 {
  const high = i16x8.max_s(i16x8.max_s(upper, middle), lower)
  const low = i16x8.min_s(i16x8.min_s(upper, middle), lower)
  const highest = i16x8.max_s(high, v128.shuffle<i32>(high, high, 2, 3, 0, 1))
  const lowest = i16x8.min_s(low, v128.shuffle<i32>(low, low, 2, 3, 0, 1))
  const all = i32x4.add(i32x4.extend_low_i16x8_s(sum), i32x4.extend_high_i16x8_s(sum))
  const above = i32x4.sub(i32x4.mul(i32x4.extend_low_i16x8_s(highest), i32x4.splat(6)), all)
  const below = i32x4.sub(all, i32x4.mul(i32x4.extend_low_i16x8_s(lowest), i32x4.splat(6)))
  const halves = i32x4.shr_s(i32x4.add(i32x4.max_s(above, below), i32x4.splat(1)), 1)
  return i16x8.narrow_i32x4_s(halves, halves)
}

/**
 * Whether the mean is so much nearer to the one colour than to others that all pixels are: on the way from one to the
 * other no pixel is farther from the mean than its reach times that way, axis by axis.
 */
// @ts-ignore: decorator
@inline
function isFarther(sums: v128, least: v128, reachXy: v128, reachZ: v128, ways: usize): v128 {
  const most = i32x4.add(i32x4.dot_i16x8_s(reachXy, v128.load(ways)), i32x4.dot_i16x8_s(reachZ, v128.load(ways, WAY_BYTES)))
  return i32x4.gt_s(i32x4.shr_s(i32x4.sub(sums, least), 2), most)
}

/** As in diffusion-cell.ts. */
// @ts-ignore: decorator
@inline
function costsOf(sums: v128, own: v128, pairs: usize): v128 {
  const between = v128.load(pairs)
  const along = f32x4.sub(f32x4.add(own, between), f32x4.convert_i32x4_s(sums))
  const share = f32x4.pmin(f32x4.pmax(f32x4.mul(along, v128.load(pairs, INVERSES)), f32x4.splat(0)), f32x4.splat(1))
  const gained = f32x4.mul(share, f32x4.sub(along, f32x4.mul(share, between)))
  return f32x4.add(own, f32x4.mul(f32x4.splat(2), f32x4.sub(own, gained)))
}

// @ts-ignore: decorator
@inline
function bitsOf(a: v128, b: v128, c: v128, d: v128): i32 {
  return i8x16.bitmask(i8x16.narrow_i16x8_s(i16x8.narrow_i32x4_s(a, b), i16x8.narrow_i32x4_s(c, d)))
}
