import { noteSums } from './diffusion-cell'
import { bitsOf, leastOf, whichAre } from './nearest'
import { cheapestOf, offMean } from './pair-costs'

// Of 16 colours: their first two words and their third one twice, both times -2, and six times their squared length.
const DOUBLED = memory.data(128, 16)
const SQUARES = memory.data(64, 16)
// Of each pair of colours how far they are apart in the first two words, and then in the others.
const WAY_BYTES: usize = 1024
const WAYS = memory.data(2048, 16)
const ALL_COLORS: i32 = 0xffff

// What is the same for all cells stands in memory: to load it takes one instruction, and to make it three.
const INDICES = memory.data<i32>([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15], 16)
const INTEGER_1 = memory.data<i32>([1, 1, 1, 1], 16)
const INTEGER_6 = memory.data<i32>([6, 6, 6, 6], 16)

/** Notes the 16 colours that the cells to come are drawn with. */
export function takeColorsOfPlain(colors: usize): void {
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
 * The pair of a cell to whose pixels but two colours can be nearest, as ../diffusion-cell.ts chooses it: the other colour
 * times 16, plus the one nearest to the mean. For any other cell it gives -1 and notes the sums that bestPair needs.
 * `sum` is that of the left pixels, and that of the right ones; `all` is both, in 32 bits.
 */
// @ts-ignore: decorator
@inline
export function pairOfPlain(upper: v128, middle: v128, lower: v128, sum: v128, all: v128, colors: usize, table: usize): i32 {
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
  const reach = reachOf(upper, middle, lower, all)
  const reachXy = v128.shuffle<i32>(reach, reach, 0, 0, 0, 0)
  const reachZ = v128.shuffle<i32>(reach, reach, 1, 1, 1, 1)
  const ways = WAYS + (<usize>one << 6)
  const farther = bitsOf(
    isFarther(a, least, reachXy, reachZ, ways), isFarther(b, least, reachXy, reachZ, ways + 16),
    isFarther(c, least, reachXy, reachZ, ways + 32), isFarther(d, least, reachXy, reachZ, ways + 48),
  )
  const rivals = ALL_COLORS ^ (farther | 1 << one)
  if ((rivals & rivals - 1) !== 0) {
    noteSums(a, b, c, d)
    return -1
  }
  const rival = ctz(rivals)
  let gain = i32x4.splat(0)
  if (rivals !== 0) gain = gainOf(upper, middle, lower, colors + (<usize>one << 3), colors + (<usize>rival << 3))
  const own = f32x4.convert_i32x4_s(least)
  const pairs = table + (<usize>one << 6)
  const where = i32x4.splat(rival)
  const other = cheapestOf(
    costsOf(a, own, apartFrom(least, gain, where, 0), pairs), costsOf(b, own, apartFrom(least, gain, where, 16), pairs + 16),
    costsOf(c, own, apartFrom(least, gain, where, 32), pairs + 32), costsOf(d, own, apartFrom(least, gain, where, 48), pairs + 48),
  )
  return other << 4 | one
}

/** The sum of all squared words, in every lane. */
// @ts-ignore: decorator
@inline
function squaresOf(upper: v128, middle: v128, lower: v128): v128 {
  return inAll(i32x4.add(i32x4.add(i32x4.dot_i16x8_s(upper, upper), i32x4.dot_i16x8_s(middle, middle)), i32x4.dot_i16x8_s(lower, lower)))
}

/** The sum of four lanes, in each. */
// @ts-ignore: decorator
@inline
function inAll(four: v128): v128 {
  const halves = i32x4.add(four, v128.shuffle<i32>(four, four, 2, 3, 0, 1))
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

/** What ../diffusion-rivals.ts calls reach, of each word. */
// @ts-ignore: decorator
@inline
function reachOf(upper: v128, middle: v128, lower: v128, all: v128): v128 {
  const high = i16x8.max_s(i16x8.max_s(upper, middle), lower)
  const low = i16x8.min_s(i16x8.min_s(upper, middle), lower)
  const highest = i16x8.max_s(high, v128.shuffle<i32>(high, high, 2, 3, 0, 1))
  const lowest = i16x8.min_s(low, v128.shuffle<i32>(low, low, 2, 3, 0, 1))
  const above = i32x4.sub(i32x4.mul(i32x4.extend_low_i16x8_s(highest), v128.load(INTEGER_6)), all)
  const below = i32x4.sub(all, i32x4.mul(i32x4.extend_low_i16x8_s(lowest), v128.load(INTEGER_6)))
  const halves = i32x4.shr_s(i32x4.add(i32x4.max_s(above, below), v128.load(INTEGER_1)), 1)
  return i16x8.narrow_i32x4_s(halves, halves)
}

/** Whether four colours are no rivals, as in ../diffusion-rivals.ts. */
// @ts-ignore: decorator
@inline
function isFarther(sums: v128, least: v128, reachXy: v128, reachZ: v128, ways: usize): v128 {
  const most = i32x4.add(i32x4.dot_i16x8_s(reachXy, v128.load(ways)), i32x4.dot_i16x8_s(reachZ, v128.load(ways, WAY_BYTES)))
  return i32x4.gt_s(i32x4.shr_s(i32x4.sub(sums, least), 2), most)
}

/** By how much the pixels that are nearer to the rival are so, summed, in all lanes: |p - one|² - |p - rival|². */
// @ts-ignore: decorator
@inline
function gainOf(upper: v128, middle: v128, lower: v128, one: usize, rival: usize): v128 {
  const from = v128.load64_splat(one)
  const way = i16x8.sub(v128.load64_splat(rival), from)
  const a = i32x4.dot_i16x8_s(i16x8.sub(upper, from), way)
  const b = i32x4.dot_i16x8_s(i16x8.sub(middle, from), way)
  const c = i32x4.dot_i16x8_s(i16x8.sub(lower, from), way)
  const square = i32x4.dot_i16x8_s(way, way)
  const length = i32x4.add(square, v128.shuffle<i32>(square, square, 1, 0, 3, 2))
  const firstFour = i32x4.add(v128.shuffle<i32>(a, b, 0, 2, 4, 6), v128.shuffle<i32>(a, b, 1, 3, 5, 7))
  // Each twice, since two words of a pixel are in two lanes.
  const lastTwo = i32x4.add(c, v128.shuffle<i32>(c, c, 1, 0, 3, 2))
  const ofFour = inAll(nearerBy(firstFour, length))
  const ofTwo = nearerBy(lastTwo, length)
  return i32x4.add(ofFour, i32x4.add(ofTwo, v128.shuffle<i32>(ofTwo, ofTwo, 2, 3, 0, 1)))
}

// @ts-ignore: decorator
@inline
function nearerBy(along: v128, length: v128): v128 {
  return i32x4.max_s(i32x4.sub(i32x4.add(along, along), length), i32x4.splat(0))
}

/** What the pixels are off the nearer colour of a pair of four others: none but the rival is nearer to any. */
// @ts-ignore: decorator
@inline
function apartFrom(least: v128, gain: v128, where: v128, at: usize): v128 {
  return f32x4.convert_i32x4_s(i32x4.sub(least, v128.and(gain, i32x4.eq(where, v128.load(INDICES + at)))))
}

// @ts-ignore: decorator
@inline
function costsOf(sums: v128, own: v128, apart: v128, pairs: usize): v128 {
  return f32x4.add(apart, f32x4.mul(f32x4.splat(2), offMean(own, f32x4.convert_i32x4_s(sums), pairs)))
}
