import type { Box } from '../fill/motion.ts'
import { groupEdges } from './group-edges.ts'

/** Pictures of a film, taken here and there: each is luma and two planes of chroma, all of one size, one behind the other. */
export interface SomePictures {
  readonly width: number
  readonly height: number
  readonly pictures: readonly Uint8Array[]
}

/** Something that stays while the film below it moves. */
export interface FoundOverlay {
  readonly box: Box
  /** How much edge it has, in steps of 8 bits summed over its pixels. */
  readonly strength: number
}

const FEWEST_PICTURES = 8
/** Steps of 8 bits by which the film has to change for a picture to tell anything of a place, and to tell all. */
const STILL = 2.5
const CLEAR = 8
/** How many standard errors an edge has to stand out of what moves: of an overlay some do without doubt, and others beside them. */
const SURE_CONSISTENCY = 6
const LEAST_CONSISTENCY = 4
const LEAST_EDGE = 2.5

/**
 * Finds what stays by its edges: the mean gradient of each pixel over those pictures in which the film around it is not
 * as it mostly is. An edge of the film that stands still is hidden when something passes, one of an overlay is not. After
 * the idea of Dekel and others, On the Effectiveness of Visible Watermarks (CVPR 2017), of gradients that agree. `isPart`: of
 * the picture only that part is there in which an overlay is known to be.
 */
export function findStillOverlays(film: SomePictures, { isPart = false }: { readonly isPart?: boolean } = {}): readonly FoundOverlay[] {
  if (film.pictures.length < FEWEST_PICTURES) return []
  return groupEdges(stayingEdges(film), { ...film, isPart })
}

export interface StayingEdges {
  /** For each pixel how strong an edge stays there; 0 for none. */
  readonly strength: Float32Array
  /** 1 where there is no doubt of it. */
  readonly isSure: Uint8Array
}

export function stayingEdges({ width, height, pictures }: SomePictures): StayingEdges {
  const size = width * height
  const usual = medians(pictures, size)
  const zeros = () => new Float32Array(size)
  const sums = { weight: zeros(), across: [zeros(), zeros(), zeros()], down: [zeros(), zeros(), zeros()], square: zeros(), step: zeros() }
  const change = new Uint8Array(size)
  for (const [index, picture] of pictures.entries()) {
    for (let at = 0; at < size; at++) change[at] = Math.abs(picture[at]! - usual[at]!)
    addPicture(sums, { picture, before: pictures[Math.max(0, index - 1)]!, changed: boxBlur(change, width, height), width, height })
  }
  return judge(sums, size)
}

interface Sums {
  readonly weight: Float32Array
  /** For each plane. */
  readonly across: readonly Float32Array[]
  readonly down: readonly Float32Array[]
  /** Of the gradients. */
  readonly square: Float32Array
  /** Of the gradients' changes from picture to picture. */
  readonly step: Float32Array
}

interface Added {
  readonly picture: Uint8Array
  readonly before: Uint8Array
  readonly changed: Uint8Array
  readonly width: number
  readonly height: number
}

function addPicture(sums: Sums, { picture, before, changed, width, height }: Added): void {
  const size = width * height
  const { weight: weights, square, step } = sums
  for (let plane = 0; plane < 3; plane++) {
    const [across, down] = [sums.across[plane]!, sums.down[plane]!]
    for (let y = 1; y < height - 1; y++) {
      for (let at = y * width + 1; at < y * width + width - 1; at++) {
        const weight = Math.min(1, (changed[at]! - STILL) / CLEAR)
        if (weight <= 0) continue
        const here = at + plane * size
        const [gx, gy] = [(picture[here + 1]! - picture[here - 1]!) / 2, (picture[here + width]! - picture[here - width]!) / 2]
        const [bx, by] = [(before[here + 1]! - before[here - 1]!) / 2, (before[here + width]! - before[here - width]!) / 2]
        across[at] = across[at]! + weight * gx
        down[at] = down[at]! + weight * gy
        square[at] = square[at]! + weight * (gx * gx + gy * gy)
        step[at] = step[at]! + weight * ((gx - bx) ** 2 + (gy - by) ** 2)
        if (plane === 0) weights[at] = weights[at]! + weight
      }
    }
  }
}

function judge({ weight: weights, across, down, square, step }: Sums, size: number): StayingEdges {
  const [strengths, isSure] = [new Float32Array(size), new Uint8Array(size)]
  for (let at = 0; at < size; at++) {
    const weight = weights[at]!
    if (weight < FEWEST_PICTURES / 2) continue
    let strengthSquare = 0
    for (let plane = 0; plane < 3; plane++) strengthSquare += (across[plane]![at]! ** 2 + down[plane]![at]! ** 2) / weight ** 2
    const strength = Math.sqrt(strengthSquare)
    if (strength < LEAST_EDGE) continue
    const variance = Math.max(0, square[at]! / weight - strengthSquare) + 1
    // Pictures that are like the one before tell little more than that one.
    const likeness = Math.min(0.98, Math.max(0, 1 - (step[at]! / weight + 1) / (2 * variance)))
    const consistency = strength * Math.sqrt((weight * (1 - likeness)) / (1 + likeness) / variance)
    if (consistency < LEAST_CONSISTENCY) continue
    strengths[at] = strength
    if (consistency >= SURE_CONSISTENCY) isSure[at] = 1
  }
  return { strength: strengths, isSure }
}

const BLUR = 4

/** The mean of 9 × 9 pixels. */
function boxBlur(picture: Uint8Array, width: number, height: number): Uint8Array {
  const rows = new Float32Array(width * height)
  for (let y = 0; y < height; y++) {
    let sum = 0
    for (let x = -BLUR; x < width; x++) {
      if (x + BLUR < width) sum += picture[y * width + x + BLUR]!
      if (x > BLUR) sum -= picture[y * width + x - BLUR - 1]!
      if (x >= 0) rows[y * width + x] = sum / (Math.min(width - 1, x + BLUR) - Math.max(0, x - BLUR) + 1)
    }
  }
  const blurred = new Uint8Array(width * height)
  const sums = new Float32Array(width)
  for (let y = -BLUR; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (y + BLUR < height) sums[x] = sums[x]! + rows[(y + BLUR) * width + x]!
      if (y > BLUR) sums[x] = sums[x]! - rows[(y - BLUR - 1) * width + x]!
      if (y >= 0) blurred[y * width + x] = Math.round(sums[x]! / (Math.min(height - 1, y + BLUR) - Math.max(0, y - BLUR) + 1))
    }
  }
  return blurred
}

/** What each pixel mostly is. */
function medians(pictures: readonly Uint8Array[], size: number): Uint8Array {
  const median = new Uint8Array(size)
  const step = Math.max(1, Math.floor(pictures.length / MOST_IN_MEDIAN))
  const some = pictures.filter((_, index) => index % step === 0)
  const values = new Uint8Array(some.length)
  for (let at = 0; at < size; at++) {
    // Insertion: few values, and mostly alike.
    for (let index = 0; index < some.length; index++) {
      const value = some[index]![at]!
      let place = index
      while (place > 0 && values[place - 1]! > value) {
        values[place] = values[place - 1]!
        place--
      }
      values[place] = value
    }
    median[at] = values[values.length >> 1]!
  }
  return median
}

const MOST_IN_MEDIAN = 24
