import { bitsOf } from './nearest'

// Where the parts of the table of ../diffusion-pairs.ts begin, in bytes.
const INVERSES: usize = 1024
export const SCALES: usize = 2048

/**
 * What the mean of any mixture of one colour with four others is off, as in ../diffusion-cell.ts: `toOne` and `toOthers`
 * are the sums of the distances of all pixels, and at `pair` is their part of the table.
 */
// @ts-ignore: decorator
@inline
export function offMean(toOne: v128, toOthers: v128, pair: usize): v128 {
  const between = v128.load(pair)
  const along = f32x4.sub(f32x4.add(toOne, between), toOthers)
  const share = f32x4.pmin(f32x4.pmax(f32x4.mul(along, v128.load(pair, INVERSES)), f32x4.splat(0)), f32x4.splat(1))
  return f32x4.sub(toOne, f32x4.mul(share, f32x4.sub(along, f32x4.mul(share, between))))
}

/** Which of 16 costs is the first of the least. */
// @ts-ignore: decorator
@inline
export function cheapestOf(a: v128, b: v128, c: v128, d: v128): i32 {
  const halves = f32x4.pmin(f32x4.pmin(a, b), f32x4.pmin(c, d))
  const quarters = f32x4.pmin(halves, v128.shuffle<i32>(halves, halves, 2, 3, 0, 1))
  const least = f32x4.pmin(quarters, v128.shuffle<i32>(quarters, quarters, 1, 0, 3, 2))
  return ctz(bitsOf(f32x4.eq(a, least), f32x4.eq(b, least), f32x4.eq(c, least), f32x4.eq(d, least)))
}
