/** Three bytes a pixel to four 16-bit words: sixteenths of red, green and blue, and 0. */
export function measureRgb(rgb: usize, pixels: usize, count: i32): void {
  let from = rgb
  let to = pixels
  const end = rgb + <usize>count * 3
  // A load takes 16 bytes for four pixels of 12, so the last ones go one by one.
  for (; from + 16 <= end; from += 12, to += 32) {
    const bytes = v128.load(from)
    const zero = i8x16.splat(0)
    const one = v128.shuffle<u8>(bytes, zero, 0, 16, 1, 16, 2, 16, 16, 16, 3, 16, 4, 16, 5, 16, 16, 16)
    const two = v128.shuffle<u8>(bytes, zero, 6, 16, 7, 16, 8, 16, 16, 16, 9, 16, 10, 16, 11, 16, 16, 16)
    v128.store(to, i16x8.shl(one, 4))
    v128.store(to, i16x8.shl(two, 4), 16)
  }
  for (; from < end; from += 3, to += 8) {
    store<u16>(to, <u16>load<u8>(from) << 4)
    store<u16>(to, <u16>load<u8>(from, 1) << 4, 2)
    store<u16>(to, <u16>load<u8>(from, 2) << 4, 4)
    store<u16>(to, 0, 6)
  }
}

/** To OKLab: `cones` and `matrix` are the tables of oklab.ts. */
export function measureOklab(rgb: usize, pixels: usize, count: i32, cones: usize, matrix: usize): void {
  const longs = v128.load(matrix)
  const mediums = v128.load(matrix, 16)
  const shorts = v128.load(matrix, 32)
  const half = f32x4.splat(0.5)
  const end = rgb + <usize>count * 3
  for (let from = rgb, to = pixels; from < end; from += 3, to += 8) {
    const red = v128.load(cones + (<usize>load<u8>(from) << 4))
    const green = v128.load(cones + (<usize>load<u8>(from, 1) << 4), 4096)
    const blue = v128.load(cones + (<usize>load<u8>(from, 2) << 4), 8192)
    const roots = cubeRoots(f32x4.add(f32x4.add(red, green), blue))
    const long = f32x4.mul(v128.shuffle<f32>(roots, roots, 0, 0, 0, 0), longs)
    const medium = f32x4.mul(v128.shuffle<f32>(roots, roots, 1, 1, 1, 1), mediums)
    const short = f32x4.mul(v128.shuffle<f32>(roots, roots, 2, 2, 2, 2), shorts)
    const sum = f32x4.floor(f32x4.add(f32x4.add(f32x4.add(long, medium), short), half))
    const words = i16x8.narrow_i32x4_s(i32x4.trunc_sat_f32x4_s(sum), i32x4.splat(0))
    v128.store64_lane(to, words, 0)
  }
}

/** A guess from a third of the exponent, and two of Halley's steps. */
// @ts-ignore: decorator
@inline
function cubeRoots(values: v128): v128 {
  const third: f32 = 1.0 / 3.0
  const thirds = i32x4.trunc_sat_f32x4_s(f32x4.mul(f32x4.convert_i32x4_s(values), f32x4.splat(third)))
  return halleyStep(halleyStep(i32x4.add(thirds, i32x4.splat(0x2a514067)), values), values)
}

// @ts-ignore: decorator
@inline
function halleyStep(roots: v128, values: v128): v128 {
  const cubes = f32x4.mul(f32x4.mul(roots, roots), roots)
  const over = f32x4.add(cubes, f32x4.add(values, values))
  const under = f32x4.add(f32x4.add(cubes, cubes), values)
  return f32x4.mul(roots, f32x4.div(over, under))
}

/** Adds a square of 8×8 differences of four words; the width is even. */
export function addThresholds(pixels: usize, width: i32, height: i32, thresholds: usize): void {
  let at = pixels
  for (let y = 0; y < height; y++) {
    const row = thresholds + <usize>((y & 7) << 6)
    for (let x = 0; x < width; x += 2, at += 16) {
      v128.store(at, i16x8.add(v128.load(at), v128.load(row + <usize>((x & 7) << 3))))
    }
  }
}
