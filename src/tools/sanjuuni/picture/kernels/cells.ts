import { DISTANCES, measurePixel, ROW } from './cell-distances'
import { takeColors } from './nearest'

const PIXEL: usize = 8
const SOLID: u8 = 0x80

/** The character and the two colours nearest to each cell's six pixels; pair-search.ts says which of equal ones. */
export function chooseCells(pixels: usize, width: i32, height: i32, colors: usize, characters: usize, cellColors: usize): void {
  takeColors(colors)
  const stride = <usize>width * PIXEL
  let foreground: i32 = 0
  let cell: usize = 0
  let top = pixels
  for (let y = 0; y < height; y += 3, top += 3 * stride) {
    const end = top + stride
    for (let from = top; from < end; from += 2 * PIXEL, cell++) {
      let used = measurePixel(from, DISTANCES)
      used |= measurePixel(from + PIXEL, DISTANCES + ROW)
      used |= measurePixel(from + stride, DISTANCES + 2 * ROW)
      used |= measurePixel(from + stride + PIXEL, DISTANCES + 3 * ROW)
      used |= measurePixel(from + 2 * stride, DISTANCES + 4 * ROW)
      used |= measurePixel(from + 2 * stride + PIXEL, DISTANCES + 5 * ROW)
      const pair = popcnt(used) <= 2 ? ctz(used) << 4 | 31 - clz(used) : searchPairs()
      const low = pair >> 4
      const high = pair & 15
      const bits = farther(low, high)
      const isInverse = bits >> 5 !== 0
      const background = isInverse ? high : low
      const drawn = isInverse ? ~bits & 31 : bits
      if (drawn !== 0) foreground = isInverse ? low : high
      store<u8>(characters + cell, SOLID | <u8>drawn)
      store<u8>(cellColors + cell, <u8>(background << 4 | foreground))
    }
  }
}

/** All pairs, four at a time: the lower colour times 16, plus the higher. */
function searchPairs(): i32 {
  let leasts = i32x4.splat(0x7fffffff)
  let pairs = i32x4.splat(0)
  for (let low: i32 = 0; low < 16; low++) {
    const at = DISTANCES + (<usize>low << 2)
    const p0 = v128.load32_splat(at)
    const p1 = v128.load32_splat(at, 64)
    const p2 = v128.load32_splat(at, 128)
    const p3 = v128.load32_splat(at, 192)
    const p4 = v128.load32_splat(at, 256)
    const p5 = v128.load32_splat(at, 320)
    for (let high = low & 12; high < 16; high += 4) {
      const row = DISTANCES + (<usize>high << 2)
      const upper = i32x4.add(i32x4.min_s(p0, v128.load(row)), i32x4.min_s(p1, v128.load(row, 64)))
      const middle = i32x4.add(i32x4.min_s(p2, v128.load(row, 128)), i32x4.min_s(p3, v128.load(row, 192)))
      const lower = i32x4.add(i32x4.min_s(p4, v128.load(row, 256)), i32x4.min_s(p5, v128.load(row, 320)))
      const errors = i32x4.add(i32x4.add(upper, middle), lower)
      const isLess = i32x4.lt_s(errors, leasts)
      leasts = i32x4.min_s(errors, leasts)
      pairs = v128.bitselect(i32x4.splat(low << 4 | high), pairs, isLess)
    }
  }
  return firstOfLeast(leasts, i32x4.add(pairs, i32x4(0, 1, 2, 3)))
}

/** The pair of the least error, and the lowest of those where several are as good. */
// @ts-ignore: decorator
@inline
function firstOfLeast(errors: v128, pairs: v128): i32 {
  const halves = i32x4.min_s(errors, v128.shuffle<i32>(errors, errors, 2, 3, 0, 1))
  const least = i32x4.min_s(halves, v128.shuffle<i32>(halves, halves, 1, 0, 3, 2))
  const among = v128.bitselect(pairs, i32x4.splat(0xffff), i32x4.eq(errors, least))
  const lower = i32x4.min_s(among, v128.shuffle<i32>(among, among, 2, 3, 0, 1))
  return i32x4.extract_lane(i32x4.min_s(lower, v128.shuffle<i32>(lower, lower, 1, 0, 3, 2)), 0)
}

/** A bit for each pixel that is nearer to the higher colour. */
// @ts-ignore: decorator
@inline
function farther(low: i32, high: i32): i32 {
  const a = DISTANCES + (<usize>low << 2)
  const b = DISTANCES + (<usize>high << 2)
  return <i32>(load<i32>(b) < load<i32>(a))
    | <i32>(load<i32>(b, 64) < load<i32>(a, 64)) << 1
    | <i32>(load<i32>(b, 128) < load<i32>(a, 128)) << 2
    | <i32>(load<i32>(b, 192) < load<i32>(a, 192)) << 3
    | <i32>(load<i32>(b, 256) < load<i32>(a, 256)) << 4
    | <i32>(load<i32>(b, 320) < load<i32>(a, 320)) << 5
}
