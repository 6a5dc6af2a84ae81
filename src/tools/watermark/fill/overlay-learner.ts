import type { Estimate } from './estimate.ts'
import type { Box } from './motion.ts'
import { lumaPlane } from './overlay-luma.ts'
import { UNKNOWN_DOUBT, type OverlayModel, type OverlayPlane } from './overlay-model.ts'
import { newMoments, type Moments } from './overlay-moments.ts'
import { planeSize, type Layout, type Picture, type Samples } from './picture.ts'

/** Less than this of an overlay is not seen. */
const FAINTEST = 0.05
const FEWEST_FRAMES = 12

/** Learns from many frames how much of the film an overlay lets through: a straight line through what was shown over what is likely to be below. */
export class OverlayLearner {
  readonly #layout: Layout
  readonly #planes: readonly Moments[]
  /** Of the film's own pixels around, to know how much it varies there. */
  readonly #beside: Pick<Moments, 'shown' | 'shownSquare' | 'weight'>
  #frames = 0

  constructor(layout: Layout) {
    this.#layout = layout
    this.#beside = newMoments(layout.width * layout.height)
    this.#planes = [0, 1, 2].map((plane) => {
      const { width, height } = planeSize(layout, plane)
      return newMoments(width * height)
    })
  }

  /** `around` is where the film is likely to vary as it does below, but for what is covered there. */
  add({ planes }: Picture, estimates: readonly Estimate[], { covered, around }: { readonly covered: Uint8Array; readonly around: Box }): void {
    const scale = this.#layout.bits > 8 ? 4 : 1
    this.#frames++
    this.#addBeside(planes[0], covered, around)
    for (const { plane, places, values, errors } of estimates) {
      const { weight, below, shown, belowSquare, product, shownSquare, error } = this.#planes[plane]!
      const samples = planes[plane]
      for (let index = 0; index < places.length; index++) {
        const at = places[index]!
        const [x, y, w] = [values[index]!, samples[at]! / scale, 1 / (errors[index]! + 4)]
        weight[at] = weight[at]! + w
        below[at] = below[at]! + w * x
        shown[at] = shown[at]! + w * y
        belowSquare[at] = belowSquare[at]! + w * x * x
        product[at] = product[at]! + w * x * y
        shownSquare[at] = shownSquare[at]! + w * y * y
        error[at] = error[at]! + w * errors[index]!
      }
    }
  }

  #addBeside(luma: Samples, covered: Uint8Array, { x, y, width, height }: Box): void {
    const { weight, shown, shownSquare } = this.#beside
    const scale = this.#layout.bits > 8 ? 4 : 1
    for (let row = y; row < y + height; row += 2) {
      for (let at = row * this.#layout.width + x; at < row * this.#layout.width + x + width; at += 2) {
        if (covered[at]) continue
        const value = luma[at]! / scale
        weight[at] = weight[at]! + 1
        shown[at] = shown[at]! + value
        shownSquare[at] = shownSquare[at]! + value * value
      }
    }
  }

  /** The mean variance of the film's own pixels around. */
  #varianceBeside(): number {
    const { weight, shown, shownSquare } = this.#beside
    let [sum, count] = [0, 0]
    for (let at = 0; at < weight.length; at++) {
      if (weight[at]! < FEWEST_FRAMES) continue
      sum += shownSquare[at]! / weight[at]! - (shown[at]! / weight[at]!) ** 2
      count++
    }
    return sum / Math.max(1, count)
  }

  /** Undefined where the film does not tell, or nothing stays. `box` is where it was looked for. */
  model(box: Box): OverlayModel | undefined {
    if (this.#frames < FEWEST_FRAMES) return undefined
    const { width } = this.#layout
    const filmVariance = this.#varianceBeside()
    const luma = lumaPlane(this.#planes[0]!, { box, width: this.#layout.width, height: this.#layout.height, frames: this.#frames / 8, filmVariance })
    const shows = new Uint8Array(this.#layout.width * this.#layout.height)
    let [count, sum, known] = [0, 0, 0]
    for (let y = box.y; y < box.y + box.height; y++) {
      for (let x = box.x; x < box.x + box.width; x++) {
        const at = y * width + x
        const isKnown = luma.doubt[at]! < UNKNOWN_DOUBT
        if (isKnown) known++
        if (isKnown && 1 - luma.share[at]! < FAINTEST && luma.lift[at]! < 4) continue
        shows[at] = 1
        count++
        if (isKnown) sum += 1 - luma.share[at]!
      }
    }
    if (count === 0 || known < (box.width * box.height) / 4) return undefined
    return { planes: [luma, this.#chroma(1, luma), this.#chroma(2, luma)], shows, opacity: sum / Math.max(1, count), estimateDoubt: luma.estimateDoubt, codingNoise: codingNoise(filmVariance) }
  }

  /** Lets through as much as the luma there. */
  #chroma(index: 1 | 2, luma: OverlayPlane): OverlayPlane {
    const { chromaX, chromaY, width: lumaWidth } = this.#layout
    const { width } = planeSize(this.#layout, index)
    const { weight, below, shown } = this.#planes[index]!
    const size = weight.length
    const plane = { share: new Float32Array(size), added: new Float32Array(size), doubt: new Float32Array(size).fill(UNKNOWN_DOUBT), mean: new Float32Array(size) }
    for (let at = 0; at < size; at++) {
      if (weight[at] === 0) continue
      const [x, y] = [(at % width) * chromaX, Math.floor(at / width) * chromaY]
      let [share, doubt] = [0, 0]
      for (let dy = 0; dy < chromaY; dy++) {
        for (let dx = 0; dx < chromaX; dx++) {
          const other = (y + dy) * lumaWidth + x + dx
          share += luma.share[other]! / (chromaX * chromaY)
          doubt += luma.doubt[other]! / (chromaX * chromaY)
        }
      }
      plane.share[at] = share
      plane.mean[at] = below[at]! / weight[at]!
      plane.added[at] = shown[at]! / weight[at]! - share * plane.mean[at]!
      plane.doubt[at] = doubt
    }
    return plane
  }
}

/** An encoder leaves the more of noise, as the square of steps of 8 bits, the more there is to hide it. */
function codingNoise(filmVariance: number): number {
  return Math.min(36, 2 + 0.02 * filmVariance)
}
