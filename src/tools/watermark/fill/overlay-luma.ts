import type { Box } from './motion.ts'
import { UNKNOWN_DOUBT, type OverlayPlane } from './overlay-model.ts'
import type { Moments } from './overlay-moments.ts'
import { overlayParts, type Part } from './overlay-parts.ts'
import type { PlaneSize } from './picture.ts'
import { smoothShares, type Shares } from './smooth-shares.ts'

/** A film that varies less where the overlay is tells nothing of how much is let through. */
const LEAST_VARIANCE = 12
/** Of the square of a share, where many pixels have told. */
const DOUBT_OF_PART = 0.02 ** 2

export interface LumaPlane extends OverlayPlane {
  /** By how much it makes things lighter or darker. */
  readonly lift: Float32Array
  readonly parts: readonly Part[]
  /** How often the square of an estimate's error is what it was thought to be. */
  readonly estimateDoubt: number
}

export interface LumaOptions extends PlaneSize {
  readonly box: Box
  /** How many frames that have nothing to do with each other tell as much. */
  readonly frames: number
  /** Over time, of the film around. */
  readonly filmVariance: number
}

/** What an overlay makes of luma: in parts of one paint from all their pixels, at their edges from each. */
export function lumaPlane(moments: Moments, { box, width, height, frames, filmVariance }: LumaOptions): LumaPlane {
  const shares = smoothShares(sharesOfPixels(moments, { frames, filmVariance: Math.max(LEAST_VARIANCE, filmVariance) }), box, { width, height })
  const { parts, film } = overlayParts(moments, { box, width, frames, shares })
  const { weight, below, shown } = moments
  const size = weight.length
  const plane = { share: new Float32Array(size), added: new Float32Array(size), doubt: new Float32Array(size).fill(UNKNOWN_DOUBT), mean: new Float32Array(size), lift: new Float32Array(size), parts, estimateDoubt: film?.doubt ?? 1 }
  const { share, information } = edgesByPaint(shares, parts, { moments, box, width })
  for (let y = box.y; y < box.y + box.height; y++) {
    for (let at = y * width + box.x; at < y * width + box.x + box.width; at++) {
      if (information[at] === 0 || weight[at] === 0) continue
      const [mx, my] = [below[at]! / weight[at]!, shown[at]! / weight[at]!]
      plane.share[at] = share[at]!
      plane.added[at] = my - share[at]! * mx
      plane.doubt[at] = 1 / information[at]! + 0.012 ** 2
      plane.mean[at] = mx
      plane.lift[at] = Math.abs(my - mx)
    }
  }
  for (const { places, share: ofPart, added, isFilm } of parts) {
    for (const at of places) {
      plane.share[at] = ofPart
      plane.added[at] = added
      plane.doubt[at] = isFilm ? 0 : DOUBT_OF_PART
      plane.mean[at] = below[at]! / weight[at]!
      if (isFilm) plane.lift[at] = 0
    }
  }
  return plane
}

/** What each pixel by itself lets through. */
function sharesOfPixels({ weight, below, shown, belowSquare, product, shownSquare }: Moments, { frames, filmVariance }: Pick<LumaOptions, 'frames' | 'filmVariance'>): Shares {
  const shares = { share: new Float32Array(weight.length), information: new Float32Array(weight.length) }
  for (let at = 0; at < weight.length; at++) {
    if (weight[at] === 0) continue
    const [mx, my] = [below[at]! / weight[at]!, shown[at]! / weight[at]!]
    const varianceX = belowSquare[at]! / weight[at]! - mx * mx
    const covariance = product[at]! / weight[at]! - mx * my
    if (varianceX < LEAST_VARIANCE) continue
    const varianceY = Math.max(0, shownSquare[at]! / weight[at]! - my * my)
    // The less is known of what is below, the flatter the line of least squares is: then it counts how much the film varies around.
    const fit = covariance > 0 ? Math.min(1, (covariance * covariance) / Math.max(1e-6, varianceX * varianceY)) : 0
    shares.share[at] = Math.min(1, fit * (Math.max(0, covariance) / varianceX) + (1 - fit) * Math.sqrt(varianceY / filmVariance))
    // Frames that follow each other tell much the same.
    shares.information[at] = (varianceX / Math.max(1, varianceY * (1 - fit))) * frames
  }
  return shares
}

const NEAR = 4
/** Less than this between the paint and what is below tells nothing of how much of it there is. */
const LEAST_CONTRAST = 20

/** At an edge of a part its paint thins out: how much of it is there is told by how light it is. */
function edgesByPaint({ share, information }: Shares, parts: readonly Part[], { moments: { weight, below, shown, error }, box, width }: { readonly moments: Moments; readonly box: Box; readonly width: number }): Shares {
  const better = { share: share.slice(), information: information.slice() }
  const partAt = new Map(parts.flatMap((part) => part.places.map((at): [number, Part] => [at, part])))
  for (let y = box.y; y < box.y + box.height; y++) {
    for (let x = box.x; x < box.x + box.width; x++) {
      const at = y * width + x
      if (weight[at] === 0 || partAt.has(at)) continue
      const part = nearestPaint(partAt, { x, y, box, width })
      if (!part) continue
      const paint = part.added / (1 - part.share)
      const [mx, my] = [below[at]! / weight[at]!, shown[at]! / weight[at]!]
      if (Math.abs(paint - mx) < LEAST_CONTRAST) continue
      const byPaint = 1 - Math.min(1 - part.share, Math.max(0, (my - mx) / (paint - mx)))
      const trust = 1 / (error[at]! / weight[at]! / (paint - mx) ** 2 + 0.03 ** 2)
      better.share[at] = (trust * byPaint + information[at]! * share[at]!) / (trust + information[at]!)
      better.information[at] = trust + information[at]!
    }
  }
  return better
}

function nearestPaint(partAt: ReadonlyMap<number, Part>, { x, y, box, width }: { readonly x: number; readonly y: number; readonly box: Box; readonly width: number }): Part | undefined {
  let [nearest, least] = [undefined as Part | undefined, Infinity]
  for (let row = Math.max(box.y, y - NEAR); row <= Math.min(box.y + box.height - 1, y + NEAR); row++) {
    for (let column = Math.max(box.x, x - NEAR); column <= Math.min(box.x + box.width - 1, x + NEAR); column++) {
      const part = partAt.get(row * width + column)
      const distance = (row - y) ** 2 + (column - x) ** 2
      if (part && !part.isFilm && part.share < 0.9 && distance < least) [nearest, least] = [part, distance]
    }
  }
  return nearest
}
