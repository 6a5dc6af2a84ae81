import type { Estimate } from './estimate.ts'
import { planeSize, type Layout, type Picture, type Samples } from './picture.ts'
import type { Box } from './motion.ts'

/** What an overlay that stays makes of the film below it: shown = share · below + added. In steps of 8 bits. */
export interface OverlayModel {
  /** By the offset in the plane, for each plane. */
  readonly planes: readonly OverlayPlane[]
  /** Luma pixels at which it shows. */
  readonly shows: Uint8Array
  /** From 0 to 1, the mean where it shows; 1 lets nothing through. */
  readonly opacity: number
}

export interface OverlayPlane {
  /** How much of the film is let through; 0 where it is not known. */
  readonly share: Float32Array
  readonly added: Float32Array
  /** The square of how far off the share may be. */
  readonly doubt: Float32Array
  /** Of what is below. */
  readonly mean: Float32Array
}

/** Less than this of an overlay is not seen. */
const FAINTEST = 0.05
const FEWEST_FRAMES = 12
/** A film that varies less where the overlay is tells nothing of how much is let through. */
const LEAST_VARIANCE = 12

/** Learns from many frames how much of the film an overlay lets through: a straight line through what was shown over what is likely to be below. */
export class OverlayLearner {
  readonly #layout: Layout
  readonly #planes: readonly Sums[]
  /** Of the film's own pixels around, to know how much it varies there. */
  readonly #beside: Pick<Sums, 'shown' | 'shownSquare' | 'weight'>
  #frames = 0

  constructor(layout: Layout) {
    this.#layout = layout
    this.#beside = newSums(layout.width * layout.height)
    this.#planes = [0, 1, 2].map((plane) => {
      const { width, height } = planeSize(layout, plane)
      return newSums(width * height)
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
    const luma = this.#luma(box)
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
    return { planes: [luma, this.#chroma(1, luma), this.#chroma(2, luma)], shows, opacity: sum / Math.max(1, count) }
  }

  #luma(box: Box): OverlayPlane & { readonly lift: Float32Array } {
    const { weight, below, shown, belowSquare, product, shownSquare } = this.#planes[0]!
    const { width } = this.#layout
    const size = weight.length
    const varianceBeside = Math.max(LEAST_VARIANCE, this.#varianceBeside())
    const raw = { share: new Float32Array(size), information: new Float32Array(size) }
    const plane = { share: new Float32Array(size), added: new Float32Array(size), doubt: new Float32Array(size).fill(UNKNOWN_DOUBT), mean: new Float32Array(size), lift: new Float32Array(size) }
    for (let at = 0; at < size; at++) {
      if (weight[at] === 0) continue
      const [mx, my] = [below[at]! / weight[at]!, shown[at]! / weight[at]!]
      const varianceX = belowSquare[at]! / weight[at]! - mx * mx
      const covariance = product[at]! / weight[at]! - mx * my
      if (varianceX < LEAST_VARIANCE) continue
      const varianceY = Math.max(0, shownSquare[at]! / weight[at]! - my * my)
      // The less is known of what is below, the flatter the line of least squares is: then it counts how much the film varies around.
      const fit = covariance > 0 ? Math.min(1, (covariance * covariance) / Math.max(1e-6, varianceX * varianceY)) : 0
      const share = Math.min(1, fit * (Math.max(0, covariance) / varianceX) + (1 - fit) * Math.sqrt(varianceY / varianceBeside))
      const residual = Math.max(1, varianceY * (1 - fit))
      raw.share[at] = share
      // Frames that follow each other tell much the same.
      raw.information[at] = (varianceX / residual) * (this.#frames / 8)
    }
    let { share, information } = raw
    for (let round = 0; round < SMOOTHINGS; round++) ({ share, information } = smoothed({ share, information }, box, this.#layout))
    for (let y = box.y; y < box.y + box.height; y++) {
      for (let at = y * width + box.x; at < y * width + box.x + box.width; at++) {
        if (raw.information[at] === 0 || weight[at] === 0) continue
        const [mx, my] = [below[at]! / weight[at]!, shown[at]! / weight[at]!]
        plane.share[at] = share[at]!
        plane.added[at] = my - share[at]! * mx
        plane.doubt[at] = 1 / information[at]! + 0.012 ** 2
        plane.mean[at] = mx
        plane.lift[at] = Math.abs(my - mx)
      }
    }
    return plane
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

const UNKNOWN_DOUBT = 1

interface Shares {
  readonly share: Float32Array<ArrayBuffer>
  /** One over the square of how far off each may be. */
  readonly information: Float32Array<ArrayBuffer>
}

const SMOOTHINGS = 4
/** Shares that differ by more are on two sides of an edge, which is to stay, unless they are doubtful. */
const EDGE = 0.06
/** Pixels beside each other err alike. */
const OWN_TRUTH = 0.5

/** An overlay lets through much the same beside: each share leans on those around that may well be the same. */
function smoothed({ share, information }: Shares, { x: left, y: top, width, height }: Box, layout: Layout): Shares {
  const better: Shares = { share: share.slice(), information: information.slice() }
  for (let y = Math.max(1, top); y < Math.min(layout.height - 1, top + height); y++) {
    for (let x = Math.max(1, left); x < Math.min(layout.width - 1, left + width); x++) {
      const at = y * layout.width + x
      const own = information[at]!
      if (own === 0) continue
      let [sum, total] = [own * share[at]!, own]
      for (let dy = -1; dy <= 1; dy++) {
        for (let dx = -1; dx <= 1; dx++) {
          const other = at + dy * layout.width + dx
          const trust = information[other]!
          if (trust === 0 || other === at) continue
          const tolerance = EDGE ** 2 + 0.5 * (1 / own + 1 / trust)
          const weight = (trust * OWN_TRUTH) / (1 + (share[other]! - share[at]!) ** 2 / tolerance) ** 2
          sum += weight * share[other]!
          total += weight
        }
      }
      better.share[at] = sum / total
      better.information[at] = Math.min(total, own * 2)
    }
  }
  return better
}

interface Sums {
  readonly weight: Float64Array
  readonly below: Float64Array
  readonly shown: Float64Array
  readonly belowSquare: Float64Array
  readonly product: Float64Array
  readonly shownSquare: Float64Array
  readonly error: Float64Array
}

function newSums(size: number): Sums {
  const zeros = () => new Float64Array(size)
  return { weight: zeros(), below: zeros(), shown: zeros(), belowSquare: zeros(), product: zeros(), shownSquare: zeros(), error: zeros() }
}

/** What an encoder leaves of noise, as the square of steps of 8 bits. */
const CODING_NOISE = 5

/** Takes the overlay off what is shown, and weighs that against the estimate of what is below. */
export function takeOff(model: OverlayModel, { planes }: Picture, { plane, places, values, errors }: Estimate, scale: number): Estimate {
  const { share, added, doubt, mean } = model.planes[plane]!
  const samples = planes[plane]
  const [better, squares] = [Float64Array.from(values), Float64Array.from(errors)]
  for (let index = 0; index < places.length; index++) {
    const at = places[index]!
    const through = share[at]!
    if (through < 0.08 || doubt[at]! >= UNKNOWN_DOUBT) continue
    const below = (samples[at]! / scale - added[at]!) / through
    const error = (CODING_NOISE + doubt[at]! * (below - mean[at]!) ** 2) / through ** 2
    const [trust, other] = [1 / (error + 1), 1 / (errors[index]! + 1)]
    better[index] = (trust * Math.min(255, Math.max(0, below)) + other * values[index]!) / (trust + other)
    squares[index] = Math.min(error, errors[index]!)
  }
  return { plane, places, values: better, errors: squares }
}
