// What is the same for all cells stands in memory: to load it takes one instruction, and to make it three.
const FARTHEST = memory.data<i16>([64, 64, 64, 64, 64, 64, 0, 0], 16)
const FARTHEST_BACK = memory.data<i16>([-64, -64, -64, -64, -64, -64, 0, 0], 16)
// Of pixels that are as far, those with more come first. The last two lanes are no pixels.
const TURNS = memory.data<i16>([5, 1, 0, 4, 3, 2, 0, 0], 16)
const NEEDED = memory.data<i16>([16, 16, 16, 16, 16, 16, 32_767, 32_767], 16)
// The lowest bit of a float of this size is 1, so a small integer that is added to it stands in its lowest bits.
const INTEGER_BIAS = memory.data<f32>([12_582_912, 12_582_912, 12_582_912, 12_582_912], 16)

/**
 * A bit for each pixel that gets the other of the two colours at `one` and `other`; at `scale` is what takes them to each
 * other in steps. It is the pattern of ../diffusion-cell.ts, whose numbers are divided by 12 here.
 */
// @ts-ignore: decorator
@inline
export function patternOf(upper: v128, middle: v128, lower: v128, one: usize, other: usize, scale: usize): i32 {
  const from = v128.load64_splat(one)
  const way = i16x8.sub(v128.load64_splat(other), from)
  const a = i32x4.dot_i16x8_s(i16x8.sub(upper, from), way)
  const b = i32x4.dot_i16x8_s(i16x8.sub(middle, from), way)
  const c = i32x4.dot_i16x8_s(i16x8.sub(lower, from), way)
  const firstFour = i32x4.add(v128.shuffle<i32>(a, b, 0, 2, 4, 6), v128.shuffle<i32>(a, b, 1, 3, 5, 7))
  const lastTwo = i32x4.add(v128.shuffle<i32>(c, c, 0, 2, 0, 2), v128.shuffle<i32>(c, c, 1, 3, 1, 3))
  const scales = v128.load32_splat(scale)
  const all = i16x8.narrow_i32x4_s(scaled(firstFour, scales), scaled(lastTwo, scales))
  const steps = i16x8.min_s(i16x8.max_s(all, v128.load(FARTHEST_BACK)), v128.load(FARTHEST))
  const halves = i16x8.add(steps, v128.shuffle<i32>(steps, steps, 2, 3, 0, 1))
  const quarters = i16x8.add(halves, v128.shuffle<i32>(halves, halves, 1, 0, 3, 2))
  const sum = i16x8.add(quarters, v128.shuffle<i16>(quarters, quarters, 1, 0, 3, 2, 5, 4, 7, 6))
  const had = i16x8.add(i16x8.add(steps, sum), i16x8.shl(lessRanksOf(steps), 4))
  return i16x8.bitmask(i16x8.gt_s(had, v128.load(NEEDED)))
}

/** Rounded down. */
// @ts-ignore: decorator
@inline
function scaled(along: v128, scale: v128): v128 {
  const bias = v128.load(INTEGER_BIAS)
  return i32x4.sub(f32x4.add(f32x4.floor(f32x4.mul(f32x4.convert_i32x4_s(along), scale)), bias), bias)
}

/** -1 for each pixel that comes before a pixel: those farther on, and of those that are as far, those whose turn is earlier. */
// @ts-ignore: decorator
@inline
function lessRanksOf(steps: v128): v128 {
  const keys = i16x8.add(i16x8.shl(steps, 3), v128.load(TURNS))
  const a = i16x8.gt_s(v128.shuffle<i16>(keys, keys, 0, 0, 0, 0, 0, 0, 0, 0), keys)
  const b = i16x8.gt_s(v128.shuffle<i16>(keys, keys, 1, 1, 1, 1, 1, 1, 1, 1), keys)
  const c = i16x8.gt_s(v128.shuffle<i16>(keys, keys, 2, 2, 2, 2, 2, 2, 2, 2), keys)
  const d = i16x8.gt_s(v128.shuffle<i16>(keys, keys, 3, 3, 3, 3, 3, 3, 3, 3), keys)
  const e = i16x8.gt_s(v128.shuffle<i16>(keys, keys, 4, 4, 4, 4, 4, 4, 4, 4), keys)
  const f = i16x8.gt_s(v128.shuffle<i16>(keys, keys, 5, 5, 5, 5, 5, 5, 5, 5), keys)
  return i16x8.add(i16x8.add(i16x8.add(a, b), i16x8.add(c, d)), i16x8.add(e, f))
}
