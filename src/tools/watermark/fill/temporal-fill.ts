import type { Affine } from './affine.ts'
import { planeSize, type Layout } from './picture.ts'
import type { Frame } from './frame-window.ts'
import { measure, type Box, type Points, type Seen } from './motion.ts'

/** Pixels of a plane that are to be filled, and what is known of each so far. */
export interface Wanted {
  readonly plane: 0 | 1 | 2
  /** Offsets in the plane. */
  readonly places: Int32Array
  readonly sums: Float64Array
  readonly weights: Float64Array
  /** Of the error's square, weighted. */
  readonly errors: Float64Array
  readonly counts: Uint8Array
}

export function wantedOf(plane: 0 | 1 | 2, places: Int32Array): Wanted {
  const size = places.length
  return { plane, places, sums: new Float64Array(size), weights: new Float64Array(size), errors: new Float64Array(size), counts: new Uint8Array(size) }
}

/** So many frames that show a pixel are enough. */
export const ENOUGH = 4

/** How much a frame shows of what is still wanted: looks at some of it. Most of what nothing has shown yet. */
export function useOf({ places, counts }: Wanted, affine: Affine, { covered, width, height }: Pick<Seen, 'covered' | 'width' | 'height'>): number {
  const [a, b, c, d, e, f] = affine
  const step = Math.max(1, Math.floor(places.length / LOOKED_AT))
  let use = 0
  for (let index = step >> 1; index < places.length; index += step) {
    const count = counts[index]!
    if (count >= ENOUGH) continue
    const [x, y] = [places[index]! % width, Math.floor(places[index]! / width)]
    const [qx, qy] = [Math.round(a * x + b * y + c), Math.round(d * x + e * y + f)]
    if (qx >= 1 && qy >= 1 && qx < width - 2 && qy < height - 2 && !covered[qy * width + qx]) use += count === 0 ? 1 : 0.25
  }
  return use
}

const LOOKED_AT = 400

/** Takes from a frame what it shows of what is wanted, by how it has moved, weighed by how well that fits nearby. */
export function takeFrom(frame: Frame, wanted: Wanted, { layout, affine, errorAt }: { readonly layout: Layout; readonly affine: Affine; readonly errorAt: ErrorGrid }): void {
  const { width, height } = planeSize(layout, wanted.plane)
  const [stepX, stepY] = wanted.plane === 0 ? [1, 1] : [layout.chromaX, layout.chromaY]
  const scale = layout.bits > 8 ? 4 : 1
  const samples = frame.picture.planes[wanted.plane]
  const [a, b, c, d, e, f] = affine
  for (let index = 0; index < wanted.places.length; index++) {
    if (wanted.counts[index]! >= ENOUGH) continue
    const place = wanted.places[index]!
    const [x, y] = [(place % width) * stepX, Math.floor(place / width) * stepY]
    const [qx, qy] = [a * x + b * y + c, d * x + e * y + f]
    if (isNearCovered(frame.covered, layout, qx, qy)) continue
    const value = bicubic(samples, { width, height }, qx / stepX, qy / stepY)
    if (value !== value) continue
    const error = errorAt.at(x, y)
    const weight = 1 / (error + 1)
    wanted.sums[index] = wanted.sums[index]! + (weight * value) / scale
    wanted.weights[index] = wanted.weights[index]! + weight
    wanted.errors[index] = wanted.errors[index]! + weight * error
    wanted.counts[index] = wanted.counts[index]! + 1
  }
}

/** Within what the interpolation looks at. */
function isNearCovered(covered: Uint8Array, { width, height }: Layout, x: number, y: number): boolean {
  const [left, top] = [Math.floor(x), Math.floor(y)]
  if (left < 0 || top < 0 || left >= width - 1 || top >= height - 1) return true
  const at = top * width + left
  return (covered[at]! | covered[at + 1]! | covered[at + width]! | covered[at + width + 1]!) !== 0
}

/** By Catmull and Rom's splines; the border goes on outside. */
function bicubic(samples: ArrayLike<number>, { width, height }: { readonly width: number; readonly height: number }, x: number, y: number): number {
  const [left, top] = [Math.floor(x), Math.floor(y)]
  const [fx, fy] = [x - left, y - top]
  const [w0, w1, w2, w3] = spline(fx)
  let value = 0
  const [v0, v1, v2, v3] = spline(fy)
  for (let row = 0; row < 4; row++) {
    const line = Math.min(height - 1, Math.max(0, top + row - 1)) * width
    const part = w0 * samples[line + Math.max(0, left - 1)]! + w1 * samples[line + Math.max(0, left)]!
      + w2 * samples[line + Math.min(width - 1, left + 1)]! + w3 * samples[line + Math.min(width - 1, left + 2)]!
    value += (row === 0 ? v0 : row === 1 ? v1 : row === 2 ? v2 : v3) * part
  }
  return value
}

function spline(t: number): readonly [number, number, number, number] {
  const [t2, t3] = [t * t, t * t * t]
  return [(-t3 + 2 * t2 - t) / 2, (3 * t3 - 5 * t2 + 2) / 2, (-3 * t3 + 4 * t2 + t) / 2, (t3 - t2) / 2]
}

const CELL = 16

/** How far off a motion is in each part of a window: the square of the error, in steps of 8 bits. */
export class ErrorGrid {
  readonly #columns: number
  readonly #rows: number
  readonly #box: Box
  readonly #values: Float32Array

  constructor(points: Points, target: Seen, affine: Affine, box: Box) {
    this.#box = box
    this.#columns = Math.ceil(box.width / CELL)
    this.#rows = Math.ceil(box.height / CELL)
    const errors = new Float64Array(points.count)
    measure(points, target, affine, errors)
    const size = this.#columns * this.#rows
    let sums = new Float32Array(size)
    let counts = new Float32Array(size)
    for (let point = 0; point < points.count; point++) {
      const error = errors[point]!
      if (error !== error) continue
      const cell = this.#cell(points.x[point]!, points.y[point]!)
      sums[cell] = sums[cell]! + Math.min(error * error, MOST)
      counts[cell] = counts[cell]! + 1
    }
    // What is known at the rim spreads inwards.
    for (let round = 0; round < 4; round++) [sums, counts] = [this.#spread(sums), this.#spread(counts)]
    this.#values = sums.map((sum, cell) => (counts[cell]! > 1e-6 ? sum / counts[cell]! : MOST))
  }

  at(x: number, y: number): number {
    return this.#values[this.#cell(x, y)]!
  }

  #cell(x: number, y: number): number {
    const column = Math.min(this.#columns - 1, Math.max(0, Math.floor((x - this.#box.x) / CELL)))
    const row = Math.min(this.#rows - 1, Math.max(0, Math.floor((y - this.#box.y) / CELL)))
    return row * this.#columns + column
  }

  #spread(values: Float32Array): Float32Array<ArrayBuffer> {
    const spread = new Float32Array(values.length)
    for (let row = 0; row < this.#rows; row++) {
      for (let column = 0; column < this.#columns; column++) {
        let sum = 0
        for (let y = Math.max(0, row - 1); y <= Math.min(this.#rows - 1, row + 1); y++) {
          for (let x = Math.max(0, column - 1); x <= Math.min(this.#columns - 1, column + 1); x++) {
            sum += values[y * this.#columns + x]! * (x === column && y === row ? 1 : 0.3)
          }
        }
        spread[row * this.#columns + column] = sum
      }
    }
    return spread
  }
}

const MOST = 64 ** 2
