import { IDENTITY, inverse, then, type Affine } from './affine.ts'
import type { PlaneSize, Samples } from './picture.ts'
import { solveSymmetric } from './solve.ts'

/** The luma of a picture, and which of its pixels are not the film's own (1). */
export interface Seen extends PlaneSize {
  readonly luma: Samples
  /** What one step of 8 bits is. */
  readonly scale: number
  readonly covered: Uint8Array
}

export interface Box {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** Points of a picture by which it is found again in another one: the strongest edges, spread evenly. */
export interface Points {
  readonly count: number
  readonly x: Float64Array
  readonly y: Float64Array
  readonly value: Float64Array
  readonly gradientX: Float64Array
  readonly gradientY: Float64Array
  readonly centerX: number
  readonly centerY: number
  /** Pixels that count as one, so that turning and moving weigh alike. */
  readonly unit: number
}

const CELL = 5
const WEAKEST_GRADIENT = 2

/** What of a picture can be followed within `window`, without what is covered. */
export function findPoints({ luma, width, height, scale, covered }: Seen, window: Box): Points {
  const columns = Math.ceil(window.width / CELL)
  const rows = Math.ceil(window.height / CELL)
  const most = columns * rows
  const points = {
    x: new Float64Array(most), y: new Float64Array(most), value: new Float64Array(most),
    gradientX: new Float64Array(most), gradientY: new Float64Array(most),
  }
  let count = 0
  const right = Math.min(width - 2, window.x + window.width)
  const bottom = Math.min(height - 2, window.y + window.height)
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      let strongest = WEAKEST_GRADIENT ** 2
      let found = -1
      const left = Math.max(2, window.x + column * CELL)
      for (let y = Math.max(2, window.y + row * CELL); y < Math.min(bottom, window.y + (row + 1) * CELL); y++) {
        for (let x = left; x < Math.min(right, window.x + (column + 1) * CELL); x++) {
          const at = y * width + x
          if (covered[at - 1]! | covered[at]! | covered[at + 1]! | covered[at - width]! | covered[at + width]!) continue
          const [across, down] = [(luma[at + 1]! - luma[at - 1]!) / (2 * scale), (luma[at + width]! - luma[at - width]!) / (2 * scale)]
          const strength = across * across + down * down
          if (strength > strongest) {
            strongest = strength
            found = at
          }
        }
      }
      if (found < 0) continue
      points.x[count] = found % width
      points.y[count] = Math.floor(found / width)
      points.value[count] = luma[found]! / scale
      points.gradientX[count] = (luma[found + 1]! - luma[found - 1]!) / (2 * scale)
      points.gradientY[count] = (luma[found + width]! - luma[found - width]!) / (2 * scale)
      count++
    }
  }
  return {
    count, ...points, centerX: window.x + window.width / 2, centerY: window.y + window.height / 2,
    unit: Math.max(8, (window.width + window.height) / 4),
  }
}

/** Fewer tell nothing. */
const FEWEST_POINTS = 24
/** Pixels at the window's rim. */
const SMALLEST_STEP = 0.005

export interface Motion {
  readonly affine: Affine
  /** How far off the points that follow it are, in steps of 8 bits. */
  readonly error: number
}

/**
 * Where the points lie in another picture: Lucas and Kanade's method in its inverse compositional form (Baker and
 * Matthews, 2004), with weights by which what moves otherwise does not count. Undefined where too few can be seen there.
 */
export function followPoints(points: Points, target: Seen, { begin, iterations }: { readonly begin: Affine; readonly iterations: number }): Motion | undefined {
  const { count, x, y, gradientX, gradientY, centerX, centerY, unit } = points
  if (count < FEWEST_POINTS) return undefined
  const errors = new Float64Array(count)
  let affine = begin
  let spread = Infinity
  for (let iteration = 0; ; iteration++) {
    const seen = measure(points, target, affine, errors)
    if (seen.count < Math.max(FEWEST_POINTS, count / 4)) return undefined
    spread = seen.spread
    if (iteration === iterations) break
    const matrix = new Float64Array(36)
    const right = new Float64Array(6)
    const steepest = new Float64Array(6)
    const usual = Math.max(1.5, 1.5 * spread)
    for (let point = 0; point < count; point++) {
      const error = errors[point]!
      if (error !== error) continue
      const weight = 1 / (1 + (error / usual) ** 2) ** 2
      const [u, v] = [(x[point]! - centerX) / unit, (y[point]! - centerY) / unit]
      const [gx, gy] = [gradientX[point]!, gradientY[point]!]
      steepest[0] = gx * u
      steepest[1] = gx * v
      steepest[2] = gx
      steepest[3] = gy * u
      steepest[4] = gy * v
      steepest[5] = gy
      for (let row = 0; row < 6; row++) {
        const weighted = weight * steepest[row]!
        right[row] = right[row]! + weighted * error
        for (let column = 0; column <= row; column++) matrix[row * 6 + column] = matrix[row * 6 + column]! + weighted * steepest[column]!
      }
    }
    // Where the edges all run one way, the motion along them is taken to be none.
    const trace = (matrix[0]! + matrix[7]! + matrix[14]! + matrix[21]! + matrix[28]! + matrix[35]!) / 6
    for (let row = 0; row < 6; row++) matrix[row * 7] = matrix[row * 7]! + trace * 1e-3 + 1e-6
    const step = solveSymmetric(matrix, right)
    const back = step && inverse(around(step, points))
    if (!back) return undefined
    affine = then(back, affine)
    if (step.every((change) => Math.abs(change) < SMALLEST_STEP)) iteration = iterations - 1
  }
  return { affine, error: spread }
}

function around(step: Float64Array, { centerX, centerY, unit }: Points): Affine {
  const [a, b, d, e] = [1 + step[0]! / unit, step[1]! / unit, step[3]! / unit, 1 + step[4]! / unit]
  return [a, b, step[2]! + centerX - a * centerX - b * centerY, d, e, step[5]! + centerY - d * centerX - e * centerY]
}

/** Puts each point's error into `errors`, NaN for those that cannot be seen. `spread` is the median error's size. */
export function measure(points: Points, { luma, width, height, scale, covered }: Seen, affine: Affine, errors: Float64Array): { readonly count: number; readonly spread: number } {
  const [a, b, c, d, e, f] = affine
  HISTOGRAM.fill(0)
  let seen = 0
  for (let point = 0; point < points.count; point++) {
    const [px, py] = [points.x[point]!, points.y[point]!]
    const [qx, qy] = [a * px + b * py + c, d * px + e * py + f]
    const [left, top] = [Math.floor(qx), Math.floor(qy)]
    errors[point] = NaN
    if (left < 0 || top < 0 || left >= width - 1 || top >= height - 1) continue
    const at = top * width + left
    if (covered[at]! | covered[at + 1]! | covered[at + width]! | covered[at + width + 1]!) continue
    const [fx, fy] = [qx - left, qy - top]
    const upper = luma[at]! * (1 - fx) + luma[at + 1]! * fx
    const lower = luma[at + width]! * (1 - fx) + luma[at + width + 1]! * fx
    const error = (upper * (1 - fy) + lower * fy) / scale - points.value[point]!
    errors[point] = error
    const bin = Math.min(HISTOGRAM.length - 1, Math.floor(Math.abs(error) * BINS_PER_STEP))
    HISTOGRAM[bin] = HISTOGRAM[bin]! + 1
    seen++
  }
  let below = 0
  let bin = 0
  while (bin < HISTOGRAM.length && (below += HISTOGRAM[bin]!) * 2 < seen) bin++
  return { count: seen, spread: ((bin + 0.5) / BINS_PER_STEP) * 1.48 }
}

const BINS_PER_STEP = 4
const HISTOGRAM = new Uint32Array(256 * BINS_PER_STEP)

const REACH = 32
const STRIDE = 4

/** The shift at which most points look alike, searched in steps of four pixels: where to begin when nothing is known. */
export function searchShift(points: Points, target: Seen): Affine {
  const errors = new Float64Array(points.count)
  let best: Affine = IDENTITY
  let least = Infinity
  for (let down = -REACH; down <= REACH; down += STRIDE) {
    for (let across = -REACH; across <= REACH; across += STRIDE) {
      const shift: Affine = [1, 0, across, 0, 1, down]
      const { count, spread } = measure(points, target, shift, errors)
      const cost = spread + (Math.abs(across) + Math.abs(down)) / 100
      if (count * 3 > points.count && cost < least) [best, least] = [shift, cost]
    }
  }
  return best
}
