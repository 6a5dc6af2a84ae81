export const OKLAB_SCALE = 8192

/** For each channel and each of its 256 values, four words: what it adds to the cones' three responses, and anything. */
export const CONES = conesTable()

/** From the cube roots of the cones' responses to L, a, b and 0, times OKLAB_SCALE: four words a response. */
export const OKLAB_MATRIX = Float32Array.of(
  0.2104542553, 1.9779984951, 0.0259040371, 0,
  0.793617785, -2.428592205, 0.7827717662, 0,
  -0.0040720468, 0.4505937099, -0.808675766, 0,
).map((factor) => factor * OKLAB_SCALE)

const GREEN = 256 * 4
const BLUE = 512 * 4
const THIRD = Math.fround(1 / 3)
const float = new Float32Array(1)
const bits = new Int32Array(float.buffer)

/** In 1/8192. Each step is one of 32-bit floats, as the SIMD kernel takes it, so that both get the same integers. */
export function oklabOf(red: number, green: number, blue: number): [number, number, number] {
  const r = red * 4
  const g = GREEN + green * 4
  const b = BLUE + blue * 4
  const long = cubeRoot(Math.fround(Math.fround(CONES[r]! + CONES[g]!) + CONES[b]!))
  const medium = cubeRoot(Math.fround(Math.fround(CONES[r + 1]! + CONES[g + 1]!) + CONES[b + 1]!))
  const short = cubeRoot(Math.fround(Math.fround(CONES[r + 2]! + CONES[g + 2]!) + CONES[b + 2]!))
  return [mix(long, medium, short, 0), mix(long, medium, short, 1), mix(long, medium, short, 2)]
}

/** Unrounded, and outside 0 to 255 for what no screen can show. */
export function rgbOfOklab(lightness: number, a: number, b: number): [number, number, number] {
  const [x, y, z] = [lightness / OKLAB_SCALE, a / OKLAB_SCALE, b / OKLAB_SCALE]
  const long = (x + 0.3963377774 * y + 0.2158037573 * z) ** 3
  const medium = (x - 0.1055613458 * y - 0.0638541728 * z) ** 3
  const short = (x - 0.0894841775 * y - 1.291485548 * z) ** 3
  return [
    gammaOf(4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short),
    gammaOf(-1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short),
    gammaOf(-0.0041960863 * long - 0.7034186147 * medium + 1.707614701 * short),
  ]
}

function mix(long: number, medium: number, short: number, column: number): number {
  const sum = Math.fround(Math.fround(long * OKLAB_MATRIX[column]!) + Math.fround(medium * OKLAB_MATRIX[4 + column]!))
  return Math.floor(Math.fround(Math.fround(sum + Math.fround(short * OKLAB_MATRIX[8 + column]!)) + 0.5))
}

/** A guess from a third of the exponent, and two of Halley's steps. */
function cubeRoot(value: number): number {
  float[0] = value
  bits[0] = Math.trunc(Math.fround(Math.fround(bits[0]!) * THIRD)) + 0x2a514067
  return halleyStep(halleyStep(float[0]!, value), value)
}

function halleyStep(root: number, value: number): number {
  const cube = Math.fround(Math.fround(root * root) * root)
  const over = Math.fround(cube + Math.fround(value + value))
  const under = Math.fround(Math.fround(cube + cube) + value)
  return Math.fround(root * Math.fround(over / under))
}

function conesTable(): Float32Array {
  // The fourth response is nobody's, but its cube root is taken too, and of 0 that is slow.
  const table = new Float32Array(3 * 256 * 4).fill(1)
  const shares = [
    [0.4122214708, 0.2119034982, 0.0883024619],
    [0.5363325363, 0.6806995451, 0.2817188376],
    [0.0514459929, 0.1073969566, 0.6299787005],
  ]
  for (let value = 0; value < 256; value++) {
    // The trace of light keeps the cube root of black away from 0/0.
    const light = linearOf(value) + 1e-12
    for (const [channel, share] of shares.entries()) {
      for (const [cone, part] of share.entries()) table[(channel * 256 + value) * 4 + cone] = part * light
    }
  }
  return table
}

function linearOf(byte: number): number {
  const value = byte / 255
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
}

function gammaOf(linear: number): number {
  return 255 * (linear <= 0.0031308 ? linear * 12.92 : 1.055 * linear ** (1 / 2.4) - 0.055)
}
