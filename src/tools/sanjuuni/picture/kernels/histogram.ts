const BIN: usize = 16
const VECTOR: usize = 16
// Not zero where one of eight bins after the other holds anything: the others need not be read.
const TOUCHED_BYTES: usize = 4096
const TOUCHED = memory.data(4096, 16)
// Of red, green and blue: bytes as the pixels have them, so that a colour and its neighbours are compared as they come.
const EXTREMES = memory.data(96, 16)

/**
 * Counts pixels and sums their channels, 32 bins a channel spread over the values that there are: four 32-bit words a
 * bin. Bins that hold anything are then noted as their mean colour and weight. Gives their number. The histogram is all
 * zeroes, and left so.
 */
export function countColors(rgb: usize, count: i32, histogram: usize, means: usize, weights: usize): i32 {
  findExtremes(rgb, count)
  const lowest = load<u32>(EXTREMES)
  const shifts = load<u32>(EXTREMES, 4)
  // Of each of four pixels: its fourth byte, which becomes the one pixel that it is, and its channels.
  const first = i8x16(3, -1, -1, -1, 0, -1, -1, -1, 1, -1, -1, -1, 2, -1, -1, -1)
  const second = i8x16(7, -1, -1, -1, 4, -1, -1, -1, 5, -1, -1, -1, 6, -1, -1, -1)
  const third = i8x16(11, -1, -1, -1, 8, -1, -1, -1, 9, -1, -1, -1, 10, -1, -1, -1)
  const fourth = i8x16(15, -1, -1, -1, 12, -1, -1, -1, 13, -1, -1, -1, 14, -1, -1, -1)
  // Pixels of four places in turn: of neighbours, which often share a bin, each would wait for the sum of the one before.
  const quarter = <usize>(count - 1 >> 2) * 3
  let from = rgb
  for (const end = rgb + quarter; from < end; from += 3) {
    const two = v128.load32_lane(from + quarter, v128.load32_zero(from), 1)
    const three = v128.load32_lane(from + 2 * quarter, two, 2)
    const pixels = v128.load32_lane(from + 3 * quarter, three, 3)
    const bins = binsOf(pixels, lowest, shifts)
    const counted = v128.or(v128.and(pixels, i32x4.splat(0xffffff)), i32x4.splat(0x1000000))
    add(histogram, i32x4.extract_lane(bins, 0), v128.swizzle(counted, first))
    add(histogram, i32x4.extract_lane(bins, 1), v128.swizzle(counted, second))
    add(histogram, i32x4.extract_lane(bins, 2), v128.swizzle(counted, third))
    add(histogram, i32x4.extract_lane(bins, 3), v128.swizzle(counted, fourth))
  }
  // Byte by byte: behind the last one may be nothing.
  for (let at = from + 3 * quarter; at < rgb + <usize>count * 3; at += 3) {
    const pixel = i32x4.splat(<u32>load<u8>(at) | <u32>load<u8>(at, 1) << 8 | <u32>load<u8>(at, 2) << 16 | 1 << 24)
    add(histogram, i32x4.extract_lane(binsOf(pixel, lowest, shifts), 0), v128.swizzle(pixel, first))
  }
  return gather(histogram, means, weights)
}

/** Of four pixels, each in its lane: how far in the histogram their bins are. */
// @ts-ignore: decorator
@inline
function binsOf(pixels: v128, lowest: u32, shifts: u32): v128 {
  const above = i8x16.sub(pixels, i32x4.splat(lowest))
  const red = i32x4.shr_u(v128.and(above, i32x4.splat(0xff)), shifts & 255)
  const green = i32x4.shr_u(v128.and(above, i32x4.splat(0xff00)), 8 + (shifts >> 8 & 255))
  const blue = i32x4.shr_u(v128.and(above, i32x4.splat(0xff0000)), 16 + (shifts >> 16))
  return v128.or(v128.or(i32x4.shl(red, 14), i32x4.shl(green, 9)), i32x4.shl(blue, 4))
}

/** `counted` is 1, and the pixel's channels. */
// @ts-ignore: decorator
@inline
function add(histogram: usize, bin: i32, counted: v128): void {
  store<u8>(TOUCHED + <usize>(bin >> 7), 1)
  const at = histogram + <usize>bin
  v128.store(at, i32x4.add(v128.load(at), counted))
}

/** At EXTREMES the lowest red, green and blue; four bytes on, how far each must be shifted for the span to fit 32 bins. */
function findExtremes(rgb: usize, count: i32): void {
  const end = rgb + <usize>count * 3
  let from = rgb
  let low0 = i8x16.splat(-1)
  let low1 = low0
  let low2 = low0
  let high0 = i8x16.splat(0)
  let high1 = high0
  let high2 = high0
  for (; from + 48 <= end; from += 48) {
    const a = v128.load(from)
    const b = v128.load(from, 16)
    const c = v128.load(from, 32)
    low0 = i8x16.min_u(low0, a)
    low1 = i8x16.min_u(low1, b)
    low2 = i8x16.min_u(low2, c)
    high0 = i8x16.max_u(high0, a)
    high1 = i8x16.max_u(high1, b)
    high2 = i8x16.max_u(high2, c)
  }
  v128.store(EXTREMES, low0)
  v128.store(EXTREMES, low1, 16)
  v128.store(EXTREMES, low2, 32)
  v128.store(EXTREMES, high0, 48)
  v128.store(EXTREMES, high1, 64)
  v128.store(EXTREMES, high2, 80)
  const red = extremesOf(0, from, end)
  const green = extremesOf(1, from, end)
  const blue = extremesOf(2, from, end)
  store<u32>(EXTREMES, red & 255 | (green & 255) << 8 | (blue & 255) << 16)
  store<u32>(EXTREMES, red >> 8 | green >> 8 << 8 | blue >> 8 << 16, 4)
}

/** The channel's lowest value, and 256 times the shift. */
function extremesOf(channel: i32, rest: usize, end: usize): u32 {
  let low: u32 = 255
  let high: u32 = 0
  for (let at = EXTREMES + <usize>channel; at < EXTREMES + 48; at += 3) {
    low = min<u32>(low, load<u8>(at))
    high = max<u32>(high, load<u8>(at, 48))
  }
  for (let at = rest + <usize>channel; at < end; at += 3) {
    low = min<u32>(low, load<u8>(at))
    high = max<u32>(high, load<u8>(at))
  }
  return low | <u32>max(0, 27 - <i32>clz(high - low)) << 8
}

function gather(histogram: usize, means: usize, weights: usize): i32 {
  let found = 0
  const zero = i32x4.splat(0)
  for (let at: usize = 0; at < TOUCHED_BYTES; at += VECTOR) {
    const touched = v128.load(TOUCHED + at)
    for (let eights = i8x16.bitmask(i8x16.ne(touched, zero)); eights !== 0; eights &= eights - 1) {
      const first = histogram + (at + <usize>ctz(eights) << 7)
      for (let bin = first; bin < first + 8 * BIN; bin += BIN) {
        const pixels = load<u32>(bin)
        if (pixels === 0) continue
        note(bin, pixels, means + 3 * <usize>found, weights + (<usize>found << 2))
        v128.store(bin, zero)
        found++
      }
    }
    v128.store(TOUCHED + at, zero)
  }
  return found
}

// @ts-ignore: decorator
@inline
function note(bin: usize, pixels: u32, mean: usize, weight: usize): void {
  const half = pixels >> 1
  store<u8>(mean, <u8>((load<u32>(bin, 4) + half) / pixels))
  store<u8>(mean, <u8>((load<u32>(bin, 8) + half) / pixels), 1)
  store<u8>(mean, <u8>((load<u32>(bin, 12) + half) / pixels), 2)
  store<u32>(weight, pixels)
}
