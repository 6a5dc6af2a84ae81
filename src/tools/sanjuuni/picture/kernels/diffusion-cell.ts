import { DISTANCES, measurePixel, ROW } from './cell-distances'
import { cheapestOf, offMean } from './pair-costs'

const PIXELS: usize = 6
const PIXEL: usize = 8
const QUAD: usize = 16
// For each colour the sum of the pixels' distances as a float, the candidate that goes best with it, and what the two cost.
const SUMS = memory.data(64, 16)
const ONES = memory.data(64, 16)
const LEASTS = memory.data(64, 16)

/** Notes for bestPair the sums of the squared distances of a cell's pixels to 16 colours. */
// @ts-ignore: decorator
@inline
export function noteSums(a: v128, b: v128, c: v128, d: v128): void {
  v128.store(SUMS, f32x4.convert_i32x4_s(a))
  v128.store(SUMS, f32x4.convert_i32x4_s(b), 16)
  v128.store(SUMS, f32x4.convert_i32x4_s(c), 32)
  v128.store(SUMS, f32x4.convert_i32x4_s(d), 48)
}

/**
 * Notes the distances of all `pixels` to all colours. Gives a bit for each colour that is the nearest to a pixel. Pixel by
 * pixel, so that the processor's registers are enough.
 */
export function measure(pixels: usize): i32 {
  let nearest = 0
  for (let pixel: usize = 0; pixel < PIXELS; pixel++) nearest |= measurePixel(pixels + pixel * PIXEL, DISTANCES + pixel * ROW)
  return nearest
}

/** Of one of the candidates and any colour, the pair that costs the least: the other times 16, plus the candidate. */
export function bestPair(candidates: i32, table: usize): i32 {
  for (let at: usize = 0; at < ROW; at += QUAD) v128.store(LEASTS + at, f32x4.splat(Infinity))
  for (let rest = candidates; rest !== 0; rest &= rest - 1) tryPairs(<usize>ctz(rest), table)
  const other = cheapestOf(v128.load(LEASTS), v128.load(LEASTS, 16), v128.load(LEASTS, 32), v128.load(LEASTS, 48))
  return other << 4 | load<i32>(ONES + (<usize>other << 2))
}

/** Notes one colour with each where it costs less than what was noted before. */
// @ts-ignore: decorator
@inline
function tryPairs(one: usize, table: usize): void {
  const own = DISTANCES + (one << 2)
  const first = v128.load32_splat(own)
  const second = v128.load32_splat(own, 64)
  const third = v128.load32_splat(own, 128)
  const fourth = v128.load32_splat(own, 192)
  const fifth = v128.load32_splat(own, 256)
  const sixth = v128.load32_splat(own, 320)
  const toOne = v128.load32_splat(SUMS + (one << 2))
  for (let at: usize = 0; at < ROW; at += QUAD) {
    const row = DISTANCES + at
    const upper = i32x4.add(i32x4.min_s(first, v128.load(row)), i32x4.min_s(second, v128.load(row, 64)))
    const middle = i32x4.add(i32x4.min_s(third, v128.load(row, 128)), i32x4.min_s(fourth, v128.load(row, 192)))
    const lower = i32x4.add(i32x4.min_s(fifth, v128.load(row, 256)), i32x4.min_s(sixth, v128.load(row, 320)))
    const apart = f32x4.convert_i32x4_s(i32x4.add(i32x4.add(upper, middle), lower))
    const costs = f32x4.add(apart, f32x4.mul(f32x4.splat(2), offMean(toOne, v128.load(SUMS + at), table + (one << 6) + at)))
    const leasts = v128.load(LEASTS + at)
    v128.store(ONES + at, v128.bitselect(i32x4.splat(<i32>one), v128.load(ONES + at), f32x4.lt(costs, leasts)))
    v128.store(LEASTS + at, f32x4.pmin(leasts, costs))
  }
}
