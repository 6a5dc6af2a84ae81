// The first two words of 16 colours, and after them their other two.
const COLORS = memory.data(128, 16)
const OTHERS: usize = 64

/** Notes the 16 colours that distances are measured to from here on. */
export function takeColors(colors: usize): void {
  for (let color: usize = 0; color < 16; color++) {
    store<u32>(COLORS + (color << 2), load<u32>(colors + (color << 3)))
    store<u32>(COLORS + (color << 2), load<u32>(colors + (color << 3), 4), OTHERS)
  }
}

/** The squared distances of a pixel, given as its first two words and its other two, to the four colours from `first` on. */
// @ts-ignore: decorator
@inline
export function distancesTo(first: usize, xy: v128, z: v128): v128 {
  const four = COLORS + (first << 2)
  const apartXy = i16x8.sub(xy, v128.load(four))
  const apartZ = i16x8.sub(z, v128.load(four, OTHERS))
  return i32x4.add(i32x4.dot_i16x8_s(apartXy, apartXy), i32x4.dot_i16x8_s(apartZ, apartZ))
}

/** The least of 16, in every lane. */
// @ts-ignore: decorator
@inline
export function leastOf(a: v128, b: v128, c: v128, d: v128): v128 {
  const halves = i32x4.min_s(i32x4.min_s(a, b), i32x4.min_s(c, d))
  const quarters = i32x4.min_s(halves, v128.shuffle<i32>(halves, halves, 2, 3, 0, 1))
  return i32x4.min_s(quarters, v128.shuffle<i32>(quarters, quarters, 1, 0, 3, 2))
}

/** A bit for each of 16 that equals `least`. */
// @ts-ignore: decorator
@inline
export function whichAre(least: v128, a: v128, b: v128, c: v128, d: v128): i32 {
  return bitsOf(i32x4.eq(a, least), i32x4.eq(b, least), i32x4.eq(c, least), i32x4.eq(d, least))
}

/** A bit for each of 16 lanes that are either 0 or -1. */
// @ts-ignore: decorator
@inline
export function bitsOf(a: v128, b: v128, c: v128, d: v128): i32 {
  return i8x16.bitmask(i8x16.narrow_i16x8_s(i16x8.narrow_i32x4_s(a, b), i16x8.narrow_i32x4_s(c, d)))
}
