import type { Box } from './motion.ts'
import type { PlaneSize } from './picture.ts'

export interface Shares {
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
export function smoothShares(shares: Shares, box: Box, size: PlaneSize): Shares {
  let better = shares
  for (let round = 0; round < SMOOTHINGS; round++) better = smoothedOnce(better, box, size)
  return better
}

function smoothedOnce({ share, information }: Shares, { x: left, y: top, width, height }: Box, size: PlaneSize): Shares {
  const better: Shares = { share: share.slice(), information: information.slice() }
  for (let y = Math.max(1, top); y < Math.min(size.height - 1, top + height); y++) {
    for (let x = Math.max(1, left); x < Math.min(size.width - 1, left + width); x++) {
      const at = y * size.width + x
      const own = information[at]!
      if (own === 0) continue
      let [sum, total] = [own * share[at]!, own]
      for (let dy = -1; dy <= 1; dy++) {
        for (let dx = -1; dx <= 1; dx++) {
          const other = at + dy * size.width + dx
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
