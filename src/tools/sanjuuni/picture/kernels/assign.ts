import { distancesTo, leastOf, takeColors, whichAre } from './nearest'

/**
 * Gives each of `count` colours to the nearest of 16. For each of those come four 64-bit floats: the weights given to it,
 * and their sums of the three words. Gives the sum of all weighted squared distances.
 */
export function assignColors(measured: usize, weights: usize, count: i32, colors: usize, sums: usize): f64 {
  takeColors(colors)
  memory.fill(sums, 0, 16 * 32)
  let error: f64 = 0
  for (let at = 0; at < count; at++) {
    const from = measured + (<usize>at << 3)
    const xy = v128.load32_splat(from)
    const z = v128.load32_splat(from, 4)
    const a = distancesTo(0, xy, z)
    const b = distancesTo(4, xy, z)
    const c = distancesTo(8, xy, z)
    const d = distancesTo(12, xy, z)
    const least = leastOf(a, b, c, d)
    const sum = sums + (<usize>ctz(whichAre(least, a, b, c, d)) << 5)
    const weight = <f64>load<i32>(weights + (<usize>at << 2))
    store<f64>(sum, load<f64>(sum) + weight)
    store<f64>(sum, load<f64>(sum, 8) + weight * <f64>load<i16>(from), 8)
    store<f64>(sum, load<f64>(sum, 16) + weight * <f64>load<i16>(from, 2), 16)
    store<f64>(sum, load<f64>(sum, 24) + weight * <f64>load<i16>(from, 4), 24)
    error += weight * <f64>i32x4.extract_lane(least, 0)
  }
  return error
}
