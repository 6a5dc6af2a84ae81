import { distancesTo, leastOf, whichAre } from './nearest'

/** The squared distances of a cell's six pixels to 16 colours, a row each. */
export const DISTANCES = memory.data(6 * 64, 16)
/** From one row to the next, in bytes. */
export const ROW: usize = 64

/** Notes the pixel's distances to all colours in `row`. Gives the bit of the nearest, the first of those that are as near. */
// @ts-ignore: decorator
@inline
export function measurePixel(pixel: usize, row: usize): i32 {
  const xy = v128.load32_splat(pixel)
  const z = v128.load32_splat(pixel, 4)
  const a = distancesTo(0, xy, z)
  const b = distancesTo(4, xy, z)
  const c = distancesTo(8, xy, z)
  const d = distancesTo(12, xy, z)
  v128.store(row, a)
  v128.store(row, b, 16)
  v128.store(row, c, 32)
  v128.store(row, d, 48)
  const which = whichAre(leastOf(a, b, c, d), a, b, c, d)
  return which & -which
}
