import { leastOf, whichAre } from './nearest'

const ROW: usize = 64
const QUAD: usize = 16
// Of the table of pairs, in bytes.
const INVERSES: usize = 1024
// The squared distances of a cell's six pixels to 16 colours, and for each colour their sum as a float.
const DISTANCES = memory.data(6 * 64, 16)
const SUMS = memory.data(64, 16)
// For each colour, the candidate that goes best with it.
const ONES = memory.data(64, 16)
// The first two words of 16 colours, and after them their other two.
const COLORS = memory.data(128, 16)

/** Notes the 16 colours that the cells to come are drawn with. */
export function takeColors(colors: usize): void {
  for (let color: usize = 0; color < 16; color++) {
    store<u32>(COLORS + (color << 2), load<u32>(colors + (color << 3)))
    store<u32>(COLORS + (color << 2), load<u32>(colors + (color << 3), 4), 64)
  }
}

/** Notes the distances of all pixels to all colours, and their sums. Gives a bit for each colour that is the nearest to a pixel. */
// @ts-ignore: decorator
@inline
export function measure(upper: v128, middle: v128, lower: v128): i32 {
  const nearest = measureLeft(upper, DISTANCES) | measureRight(upper, DISTANCES + ROW)
    | measureLeft(middle, DISTANCES + 2 * ROW) | measureRight(middle, DISTANCES + 3 * ROW)
    | measureLeft(lower, DISTANCES + 4 * ROW) | measureRight(lower, DISTANCES + 5 * ROW)
  for (let at: usize = 0; at < ROW; at += QUAD) {
    const row = DISTANCES + at
    const sum = i32x4.add(
      i32x4.add(i32x4.add(v128.load(row), v128.load(row, 64)), i32x4.add(v128.load(row, 128), v128.load(row, 192))),
      i32x4.add(v128.load(row, 256), v128.load(row, 320)),
    )
    v128.store(SUMS + at, f32x4.convert_i32x4_s(sum))
  }
  return nearest
}

// @ts-ignore: decorator
@inline
function measureLeft(pixels: v128, row: usize): i32 {
  return measureOne(v128.shuffle<i32>(pixels, pixels, 0, 0, 0, 0), v128.shuffle<i32>(pixels, pixels, 1, 1, 1, 1), row)
}

// @ts-ignore: decorator
@inline
function measureRight(pixels: v128, row: usize): i32 {
  return measureOne(v128.shuffle<i32>(pixels, pixels, 2, 2, 2, 2), v128.shuffle<i32>(pixels, pixels, 3, 3, 3, 3), row)
}

// @ts-ignore: decorator
@inline
function measureOne(xy: v128, z: v128, row: usize): i32 {
  const a = distancesTo(COLORS, xy, z)
  const b = distancesTo(COLORS + 16, xy, z)
  const c = distancesTo(COLORS + 32, xy, z)
  const d = distancesTo(COLORS + 48, xy, z)
  v128.store(row, a)
  v128.store(row, b, 16)
  v128.store(row, c, 32)
  v128.store(row, d, 48)
  const which = whichAre(leastOf(a, b, c, d), a, b, c, d)
  return which & -which
}

// @ts-ignore: decorator
@inline
function distancesTo(colors: usize, xy: v128, z: v128): v128 {
  const apartXy = i16x8.sub(xy, v128.load(colors))
  const apartZ = i16x8.sub(z, v128.load(colors, 64))
  return i32x4.add(i32x4.dot_i16x8_s(apartXy, apartXy), i32x4.dot_i16x8_s(apartZ, apartZ))
}

/** Of one of the candidates and any colour, the pair that costs the least: the other times 16, plus the candidate. */
export function bestPair(candidates: i32, table: usize): i32 {
  let one = ctz(candidates)
  let leasts0 = costsOf(<usize>one, 0, table)
  let leasts1 = costsOf(<usize>one, 16, table)
  let leasts2 = costsOf(<usize>one, 32, table)
  let leasts3 = costsOf(<usize>one, 48, table)
  let ones0 = i32x4.splat(one)
  let ones1 = ones0
  let ones2 = ones0
  let ones3 = ones0
  for (let rest = candidates & candidates - 1; rest !== 0; rest &= rest - 1) {
    one = ctz(rest)
    const splat = i32x4.splat(one)
    const costs0 = costsOf(<usize>one, 0, table)
    const costs1 = costsOf(<usize>one, 16, table)
    const costs2 = costsOf(<usize>one, 32, table)
    const costs3 = costsOf(<usize>one, 48, table)
    ones0 = v128.bitselect(splat, ones0, f32x4.lt(costs0, leasts0))
    ones1 = v128.bitselect(splat, ones1, f32x4.lt(costs1, leasts1))
    ones2 = v128.bitselect(splat, ones2, f32x4.lt(costs2, leasts2))
    ones3 = v128.bitselect(splat, ones3, f32x4.lt(costs3, leasts3))
    leasts0 = f32x4.pmin(leasts0, costs0)
    leasts1 = f32x4.pmin(leasts1, costs1)
    leasts2 = f32x4.pmin(leasts2, costs2)
    leasts3 = f32x4.pmin(leasts3, costs3)
  }
  const halves = f32x4.pmin(f32x4.pmin(leasts0, leasts1), f32x4.pmin(leasts2, leasts3))
  const quarters = f32x4.pmin(halves, v128.shuffle<i32>(halves, halves, 2, 3, 0, 1))
  const least = f32x4.pmin(quarters, v128.shuffle<i32>(quarters, quarters, 1, 0, 3, 2))
  const other = ctz(bitsOf(f32x4.eq(leasts0, least), f32x4.eq(leasts1, least), f32x4.eq(leasts2, least), f32x4.eq(leasts3, least)))
  v128.store(ONES, ones0)
  v128.store(ONES, ones1, 16)
  v128.store(ONES, ones2, 32)
  v128.store(ONES, ones3, 48)
  return other << 4 | load<i32>(ONES + (<usize>other << 2))
}

// @ts-ignore: decorator
@inline
function bitsOf(a: v128, b: v128, c: v128, d: v128): i32 {
  return i8x16.bitmask(i8x16.narrow_i16x8_s(i16x8.narrow_i32x4_s(a, b), i16x8.narrow_i32x4_s(c, d)))
}

/** The costs of a colour with four others, whose row begins at `at`. */
// @ts-ignore: decorator
@inline
function costsOf(one: usize, at: usize, table: usize): v128 {
  const own = DISTANCES + (one << 2)
  const row = DISTANCES + at
  const upper = i32x4.add(nearer(own, row), nearer(own + ROW, row + ROW))
  const middle = i32x4.add(nearer(own + 2 * ROW, row + 2 * ROW), nearer(own + 3 * ROW, row + 3 * ROW))
  const lower = i32x4.add(nearer(own + 4 * ROW, row + 4 * ROW), nearer(own + 5 * ROW, row + 5 * ROW))
  const apart = f32x4.convert_i32x4_s(i32x4.add(i32x4.add(upper, middle), lower))
  const pair = table + (one << 6) + at
  const between = v128.load(pair)
  const toOne = v128.load32_splat(SUMS + (one << 2))
  const along = f32x4.sub(f32x4.add(toOne, between), v128.load(SUMS + at))
  const share = f32x4.pmin(f32x4.pmax(f32x4.mul(along, v128.load(pair, INVERSES)), f32x4.splat(0)), f32x4.splat(1))
  const gained = f32x4.mul(share, f32x4.sub(along, f32x4.mul(share, between)))
  return f32x4.add(apart, f32x4.mul(f32x4.splat(2), f32x4.sub(toOne, gained)))
}

/** A pixel's distances to the nearer of one colour and each of four. */
// @ts-ignore: decorator
@inline
function nearer(one: usize, four: usize): v128 {
  return i32x4.min_s(v128.load32_splat(one), v128.load(four))
}

// Its numbers are those of ../diffusion-cell.ts, multiplied out.
/** A bit for each pixel that gets the other of the two colours at `one` and `other`. */
// @ts-ignore: decorator
@inline
export function patternOf(upper: v128, middle: v128, lower: v128, one: usize, other: usize, scale: f32): i32 {
  const from = v128.load64_splat(one)
  const way = i16x8.sub(v128.load64_splat(other), from)
  const a = i32x4.dot_i16x8_s(i16x8.sub(upper, from), way)
  const b = i32x4.dot_i16x8_s(i16x8.sub(middle, from), way)
  const c = i32x4.dot_i16x8_s(i16x8.sub(lower, from), way)
  const firstFour = i32x4.add(v128.shuffle<i32>(a, b, 0, 2, 4, 6), v128.shuffle<i32>(a, b, 1, 3, 5, 7))
  const lastTwo = i32x4.add(v128.shuffle<i32>(c, c, 0, 2, 0, 2), v128.shuffle<i32>(c, c, 1, 3, 1, 3))
  const all = i16x8.narrow_i32x4_s(scaled(firstFour, scale), scaled(lastTwo, scale))
  const clamped = i16x8.min_s(i16x8.max_s(all, i16x8.splat(-64)), i16x8.splat(64))
  const steps = v128.and(clamped, i16x8(-1, -1, -1, -1, -1, -1, 0, 0))
  const halves = i16x8.add(steps, v128.shuffle<i32>(steps, steps, 2, 3, 0, 1))
  const quarters = i16x8.add(halves, v128.shuffle<i32>(halves, halves, 1, 0, 3, 2))
  const sum = i16x8.add(quarters, v128.shuffle<i16>(quarters, quarters, 1, 0, 3, 2, 5, 4, 7, 6))
  const needed = i16x8.mul(i16x8.add(ranksOf(steps), i16x8.splat(1)), i16x8.splat(192))
  const had = i16x8.mul(i16x8.add(steps, sum), i16x8.splat(12))
  return i16x8.bitmask(i16x8.gt_s(had, needed)) & 63
}

// @ts-ignore: decorator
@inline
function scaled(along: v128, scale: f32): v128 {
  return i32x4.trunc_sat_f32x4_s(f32x4.floor(f32x4.mul(f32x4.convert_i32x4_s(along), f32x4.splat(scale))))
}

/** How many pixels come before each: those farther on, and of those that are as far, those whose turn is earlier. */
// @ts-ignore: decorator
@inline
function ranksOf(steps: v128): v128 {
  const first = before(v128.shuffle<i16>(steps, steps, 0, 0, 0, 0, 0, 0, 0, 0), steps, i16x8(0, 1, 1, 1, 1, 1, 0, 0))
  const fifth = before(v128.shuffle<i16>(steps, steps, 1, 1, 1, 1, 1, 1, 1, 1), steps, i16x8(0, 0, 1, 0, 0, 0, 0, 0))
  const last = before(v128.shuffle<i16>(steps, steps, 2, 2, 2, 2, 2, 2, 2, 2), steps, i16x8.splat(0))
  const second = before(v128.shuffle<i16>(steps, steps, 3, 3, 3, 3, 3, 3, 3, 3), steps, i16x8(0, 1, 1, 0, 1, 1, 0, 0))
  const third = before(v128.shuffle<i16>(steps, steps, 4, 4, 4, 4, 4, 4, 4, 4), steps, i16x8(0, 1, 1, 0, 0, 1, 0, 0))
  const fourth = before(v128.shuffle<i16>(steps, steps, 5, 5, 5, 5, 5, 5, 5, 5), steps, i16x8(0, 1, 1, 0, 0, 0, 0, 0))
  return i16x8.neg(i16x8.add(i16x8.add(i16x8.add(first, second), i16x8.add(third, fourth)), i16x8.add(fifth, last)))
}

/** -1 where one pixel, which is in all lanes, comes before another; `later` has 1 for those whose turn is after its own. */
// @ts-ignore: decorator
@inline
function before(pixel: v128, steps: v128, later: v128): v128 {
  return i16x8.gt_s(pixel, i16x8.sub(steps, later))
}
