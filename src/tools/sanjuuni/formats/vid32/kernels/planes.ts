const VECTOR: usize = 16
const PATTERNS: usize = 32
// One table for cells whose number is even and one for the others, so that equal neighbours do not wait for each other.
const ODD_COUNTS = memory.data(32 << 2, 16)

/**
 * The planes of ../planes.ts, `apart` bytes from one to the next. Characters and colours are followed by zeroes up to a
 * whole vector.
 */
export function splitCells(characters: usize, colors: usize, cells: usize, planes: usize, apart: usize, patternCounts: usize): void {
  let last = i8x16.splat(firstForeground(characters, colors, cells))
  for (let at: usize = 0; at < cells; at += VECTOR) {
    const color = v128.load(colors + at)
    const background = i8x16.shr_u(color, 4)
    const patterns = v128.load(characters + at)
    const seen = whereSeen(patterns, color, background)
    v128.store(planes + at, v128.and(v128.and(patterns, i8x16.splat(31)), seen))
    last = carriedOn(v128.and(v128.and(color, i8x16.splat(15)), seen), seen, last)
    v128.store(planes + apart + at, last)
    v128.store(planes + 2 * apart + at, background)
    last = i8x16.swizzle(last, i8x16.splat(15))
  }
  countPatterns(planes, cells, patternCounts)
}

/** Where a cell shows two colours. */
// @ts-ignore: decorator
@inline
function whereSeen(character: v128, color: v128, background: v128): v128 {
  const isDrawing = i8x16.eq(v128.and(character, i8x16.splat(-32)), i8x16.splat(-128))
  const isSolid = v128.or(i8x16.eq(character, i8x16.splat(-128)), i8x16.eq(v128.and(color, i8x16.splat(15)), background))
  return v128.andnot(isDrawing, isSolid)
}

/** Each foreground that is not seen becomes the one before it. */
// @ts-ignore: decorator
@inline
function carriedOn(foregrounds: v128, seen: v128, last: v128): v128 {
  const zero = i8x16.splat(0)
  let some = foregrounds
  let known = seen
  some = v128.or(some, v128.andnot(v128.shuffle<u8>(zero, some, 0, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30), known))
  known = v128.or(known, v128.shuffle<u8>(zero, known, 0, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30))
  some = v128.or(some, v128.andnot(v128.shuffle<u8>(zero, some, 0, 1, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29), known))
  known = v128.or(known, v128.shuffle<u8>(zero, known, 0, 1, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29))
  some = v128.or(some, v128.andnot(v128.shuffle<u8>(zero, some, 0, 1, 2, 3, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27), known))
  known = v128.or(known, v128.shuffle<u8>(zero, known, 0, 1, 2, 3, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27))
  some = v128.or(some, v128.andnot(v128.shuffle<u8>(zero, some, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23), known))
  known = v128.or(known, v128.shuffle<u8>(zero, known, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23))
  return v128.or(some, v128.andnot(last, known))
}

/** Where no foreground is seen, the first background: a picture of one colour is one symbol then. */
function firstForeground(characters: usize, colors: usize, cells: usize): i8 {
  for (let at: usize = 0; at < cells; at += VECTOR) {
    const color = v128.load(colors + at)
    const seen = i8x16.bitmask(whereSeen(v128.load(characters + at), color, i8x16.shr_u(color, 4)))
    if (seen !== 0) return <i8>(load<u8>(colors + at + <usize>ctz(seen)) & 15)
  }
  return <i8>(load<u8>(colors) >> 4)
}

function countPatterns(patterns: usize, cells: usize, counts: usize): void {
  memory.fill(counts, 0, PATTERNS << 2)
  memory.fill(ODD_COUNTS, 0, PATTERNS << 2)
  const even = cells & ~1
  for (let at: usize = 0; at < even; at += 2) {
    countOne(counts, load<u8>(patterns + at))
    countOne(ODD_COUNTS, load<u8>(patterns + at, 1))
  }
  if (even < cells) countOne(counts, load<u8>(patterns + even))
  for (let at: usize = 0; at < PATTERNS << 2; at += VECTOR) {
    v128.store(counts + at, i32x4.add(v128.load(counts + at), v128.load(ODD_COUNTS + at)))
  }
}

// @ts-ignore: decorator
@inline
function countOne(counts: usize, pattern: u8): void {
  const at = counts + (<usize>pattern << 2)
  store<u32>(at, load<u32>(at) + 1)
}
