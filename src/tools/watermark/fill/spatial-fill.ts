/** A part of a plane, in steps of 8 bits. */
export interface Patch {
  readonly width: number
  readonly height: number
  readonly values: Float32Array
}

const SWEEPS = 6

/**
 * Fills what is covered (1) from what surrounds it, as smoothly as may be: the solution of Laplace's equation, from
 * coarse to fine. Nothing around it makes it grey.
 */
export function fillSmoothly({ width, height, values }: Patch, covered: Uint8Array): void {
  if (width > 1 || height > 1) fillFromCoarser({ width, height, values }, covered)
  else if (covered[0]) values[0] = MIDDLE
  relax({ width, height, values }, covered)
}

const MIDDLE = 128

function fillFromCoarser({ width, height, values }: Patch, covered: Uint8Array): void {
  const [halfWidth, halfHeight] = [(width + 1) >> 1, (height + 1) >> 1]
  const sums = new Float32Array(halfWidth * halfHeight)
  const counts = new Uint8Array(halfWidth * halfHeight)
  let isAnyCovered = false
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (covered[y * width + x]) {
        isAnyCovered = true
        continue
      }
      const at = (y >> 1) * halfWidth + (x >> 1)
      sums[at] = sums[at]! + values[y * width + x]!
      counts[at] = counts[at]! + 1
    }
  }
  if (!isAnyCovered) return
  const coarseCovered = counts.map((count) => (count === 0 ? 1 : 0))
  const coarse = sums.map((sum, at) => (counts[at] === 0 ? 0 : sum / counts[at]!))
  fillSmoothly({ width: halfWidth, height: halfHeight, values: coarse }, coarseCovered)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) if (covered[y * width + x]) values[y * width + x] = coarse[(y >> 1) * halfWidth + (x >> 1)]!
  }
}

/** Gauss and Seidel's sweeps, to and fro. */
function relax({ width, height, values }: Patch, covered: Uint8Array): void {
  const places: number[] = []
  for (let at = 0; at < values.length; at++) if (covered[at]) places.push(at)
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    for (let index = 0; index < places.length; index++) {
      const at = places[sweep % 2 === 0 ? index : places.length - 1 - index]!
      const x = at % width
      const left = x > 0 ? at - 1 : at
      const right = x < width - 1 ? at + 1 : at
      const above = at >= width ? at - width : at
      const below = at < width * (height - 1) ? at + width : at
      values[at] = (values[left]! + values[right]! + values[above]! + values[below]!) / 4
    }
  }
}

/** For each pixel how far from the nearest one that is not covered (in pixels, roughly; 0 for those that are not). */
export function depths({ width, height }: Pick<Patch, 'width' | 'height'>, covered: Uint8Array): Float32Array {
  const depth = Float32Array.from(covered, (is) => (is ? width + height : 0))
  const [straight, diagonal] = [1, 1.41]
  const take = (at: number, from: number, cost: number) => {
    if (depth[from]! + cost < depth[at]!) depth[at] = depth[from]! + cost
  }
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = y * width + x
      if (x > 0) take(at, at - 1, straight)
      if (y > 0) take(at, at - width, straight)
      if (x > 0 && y > 0) take(at, at - width - 1, diagonal)
      if (x < width - 1 && y > 0) take(at, at - width + 1, diagonal)
    }
  }
  for (let y = height - 1; y >= 0; y--) {
    for (let x = width - 1; x >= 0; x--) {
      const at = y * width + x
      if (x < width - 1) take(at, at + 1, straight)
      if (y < height - 1) take(at, at + width, straight)
      if (x < width - 1 && y < height - 1) take(at, at + width + 1, diagonal)
      if (x > 0 && y < height - 1) take(at, at + width - 1, diagonal)
    }
  }
  return depth
}
