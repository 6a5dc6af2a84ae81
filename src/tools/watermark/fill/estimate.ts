import { planeSize, type Layout, type Samples } from './picture.ts'
import type { Frame, FrameWindow } from './frame-window.ts'
import type { Box } from './motion.ts'
import type { MotionPath } from './motion-path.ts'
import { depths, fillSmoothly } from './spatial-fill.ts'
import { ErrorGrid, takeFrom, useOf, wantedOf, type Wanted } from './temporal-fill.ts'

/** What the film shows below an overlay, as far as the rest of the film tells. In steps of 8 bits. */
export interface Estimate {
  readonly plane: 0 | 1 | 2
  /** Offsets in the plane. */
  readonly places: Int32Array
  readonly values: Float64Array
  /** The square of how far off each may be. */
  readonly errors: Float64Array
}

/** Frames to look at; of those far away only some, which are the same ones for many frames. */
const NEAR = [1, 2, 3, 5]
const EACH_FAR = 8
/** Each costs a search for where things have moved. */
const MOST_LOOKED_AT = 10

export interface EstimateOptions {
  readonly window: FrameWindow
  readonly motion: MotionPath
  /** Of a region in luma. */
  readonly box: Box
  /** What of the frame is to be estimated: 1, luma pixel by luma pixel, within the box. */
  readonly wanted: Uint8Array
  /** How many frames before and behind there are to look at. */
  readonly reach: number
}

/**
 * Estimates what is below: from frames that show the same place uncovered, by how the surroundings move, and from the
 * pixels around where none does; both weighed by how well they fit nearby.
 */
export function estimateBelow(frame: Frame, options: EstimateOptions): readonly Estimate[] {
  const { window, box, wanted: asked } = options
  const { layout } = window
  const around = surroundings(box, layout)
  const wanted = ([0, 1, 2] as const).map((plane) => wantedOf(plane, placesIn(asked, box, { layout, plane })))
  lookAround(frame, { ...options, around, wanted })
  return wanted.map((each) => withSurroundings(frame, each, { layout, around }))
}

/** Where motion is looked for: around the region, as far again as it is large, up to a bound. */
export function surroundings({ x, y, width, height }: Box, layout: Layout): Box {
  const margin = Math.round(Math.min(96, Math.max(24, 0.6 * Math.max(width, height))))
  const [left, top] = [Math.max(0, x - margin) & ~1, Math.max(0, y - margin) & ~1]
  return { x: left, y: top, width: Math.min(layout.width, x + width + margin) - left, height: Math.min(layout.height, y + height + margin) - top }
}

/** Offsets of the samples of a plane that show something of what is wanted. */
export function placesIn(wanted: Uint8Array, box: Box, { layout, plane }: { readonly layout: Layout; readonly plane: number }): Int32Array {
  const [stepX, stepY] = plane === 0 ? [1, 1] : [layout.chromaX, layout.chromaY]
  const { width } = planeSize(layout, plane)
  const places: number[] = []
  for (let y = Math.floor(box.y / stepY); y * stepY < box.y + box.height; y++) {
    for (let x = Math.floor(box.x / stepX); x * stepX < box.x + box.width; x++) {
      let is = 0
      for (let dy = 0; dy < stepY; dy++) for (let dx = 0; dx < stepX; dx++) is |= wanted[(y * stepY + dy) * layout.width + x * stepX + dx]!
      if (is) places.push(y * width + x)
    }
  }
  return Int32Array.from(places)
}

function lookAround(frame: Frame, { window, motion, reach, around, wanted }: Omit<EstimateOptions, 'wanted'> & { readonly around: Box; readonly wanted: readonly Wanted[] }): void {
  const { layout } = window
  const [luma] = wanted as readonly [Wanted, ...Wanted[]]
  const candidates = numbersAround(frame.number, reach).flatMap((number) => {
    const other = window.get(number)
    const guess = other && motion.guess(frame.number, number)
    return other && guess ? [{ other, guess }] : []
  })
  for (let lookedAt = 0; lookedAt < MOST_LOOKED_AT && candidates.length > 0; lookedAt++) {
    const uses = candidates.map(({ other, guess }) => useOf(luma, guess, { ...layout, covered: other.covered }) / (1 + Math.abs(other.number - frame.number) / 64))
    const most = Math.max(...uses)
    if (most <= 0) return
    const [{ other }] = candidates.splice(uses.indexOf(most), 1) as [(typeof candidates)[number]]
    const found = motion.refine(frame, other, around)
    if (!found) continue
    const errorAt = new ErrorGrid(motion.points(frame, around), window.seen(other), found.affine, around)
    for (const each of wanted) takeFrom(other, each, { layout, affine: found.affine, errorAt })
  }
}

function numbersAround(number: number, reach: number): readonly number[] {
  const numbers = NEAR.filter((distance) => distance <= reach).flatMap((distance) => [number - distance, number + distance])
  const base = Math.round(number / EACH_FAR) * EACH_FAR
  for (let distance = EACH_FAR; distance <= reach; distance += EACH_FAR) numbers.push(base - distance, base + distance)
  return numbers
}

/** Chroma is that much closer to its surroundings than luma. */
const CHROMA_SHARE = 0.25

function withSurroundings(frame: Frame, wanted: Wanted, { layout, around }: { readonly layout: Layout; readonly around: Box }): Estimate {
  const { plane, places, sums, weights, errors } = wanted
  const size = planeSize(layout, plane)
  const [stepX, stepY] = plane === 0 ? [1, 1] : [layout.chromaX, layout.chromaY]
  const box = { x: Math.floor(around.x / stepX), y: Math.floor(around.y / stepY), width: Math.floor(around.width / stepX), height: Math.floor(around.height / stepY) }
  const values = new Float64Array(places.length)
  const squares = new Float64Array(places.length)
  const scale = layout.bits > 8 ? 4 : 1
  const patch = cut(frame.picture.planes[plane], size.width, { box, scale })
  const covered = coveredIn(frame.covered, layout, { box, stepX, stepY })
  for (const place of places) covered[(Math.floor(place / size.width) - box.y) * box.width + (place % size.width) - box.x] = 1
  const differences = differencesByDistance(patch, covered, box)
  fillSmoothly({ ...box, values: patch }, covered)
  const depth = depths(box, covered)
  for (let index = 0; index < places.length; index++) {
    const place = places[index]!
    const at = (Math.floor(place / size.width) - box.y) * box.width + (place % size.width) - box.x
    const spatialError = differences(depth[at]!)
    const weight = weights[index]!
    const isSeen = weight > 0
    const temporalError = isSeen ? (errors[index]! / weight) * (plane === 0 ? 1 : CHROMA_SHARE) + 2 : Infinity
    const [trustSpatial, trustTemporal] = [1 / (spatialError + 1) ** 2, isSeen ? 1 / (temporalError + 1) ** 2 : 0]
    const total = trustSpatial + trustTemporal
    values[index] = (trustSpatial * patch[at]! + (isSeen ? trustTemporal * (sums[index]! / weight) : 0)) / total
    squares[index] = Math.min(spatialError, temporalError)
  }
  return { plane, places, values, errors: squares }
}

function cut(samples: Samples, width: number, { box, scale }: { readonly box: Box; readonly scale: number }): Float32Array {
  const values = new Float32Array(box.width * box.height)
  for (let y = 0; y < box.height; y++) {
    for (let x = 0; x < box.width; x++) values[y * box.width + x] = samples[(box.y + y) * width + box.x + x]! / scale
  }
  return values
}

function coveredIn(covered: Uint8Array, { width }: Layout, { box, stepX, stepY }: { readonly box: Box; readonly stepX: number; readonly stepY: number }): Uint8Array {
  const here = new Uint8Array(box.width * box.height)
  for (let y = 0; y < box.height; y++) {
    for (let x = 0; x < box.width; x++) {
      let is = 0
      for (let dy = 0; dy < stepY; dy++) for (let dx = 0; dx < stepX; dx++) is |= covered[((box.y + y) * stepY + dy) * width + (box.x + x) * stepX + dx]!
      here[y * box.width + x] = is
    }
  }
  return here
}

const DISTANCES = [1, 2, 4, 8, 16, 32]

/** How much pixels differ that lie so far apart, measured where nothing is covered: half the mean square. */
function differencesByDistance(values: Float32Array, covered: Uint8Array, { width, height }: Box): (distance: number) => number {
  const known = DISTANCES.map((distance) => {
    let sum = 0
    let count = 0
    for (let y = 0; y + distance < height; y += 3) {
      for (let x = 0; x + distance < width; x += 3) {
        const at = y * width + x
        if (covered[at]) continue
        for (const other of [at + distance, at + distance * width]) {
          if (covered[other]) continue
          sum += (values[at]! - values[other]!) ** 2
          count++
        }
      }
    }
    return count === 0 ? UNKNOWN : sum / count / 2
  })
  return (distance) => {
    const place = Math.min(DISTANCES.length - 1, Math.max(0, Math.log2(Math.max(1, distance))))
    const [low, high] = [Math.floor(place), Math.ceil(place)]
    return known[low]! + (known[high]! - known[low]!) * (place - low)
  }
}

const UNKNOWN = 32 ** 2
