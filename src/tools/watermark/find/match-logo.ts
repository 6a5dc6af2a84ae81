import type { LogoPoints } from './logo-points.ts'

/** Which way the picture's edges run, pixel by pixel; weak ones are shorter. */
export interface EdgeDirections {
  readonly width: number
  readonly height: number
  readonly x: Float32Array
  readonly y: Float32Array
}

export interface Match {
  readonly x: number
  readonly y: number
  /** 1 where all edges run as the logo's do, about 0 where none has to do with it. */
  readonly likeness: number
}

/** An edge of so many steps of 8 bits is half as long as one without doubt. */
const HALF_LENGTH = 5

export function edgeDirections(grey: Uint8Array, width: number, height: number): EdgeDirections {
  const [x, y] = [new Float32Array(width * height), new Float32Array(width * height)]
  for (let row = 1; row < height - 1; row++) {
    for (let at = row * width + 1; at < row * width + width - 1; at++) {
      const [gx, gy] = [(grey[at + 1]! - grey[at - 1]!) / 2, (grey[at + width]! - grey[at - width]!) / 2]
      const length = Math.sqrt(gx * gx + gy * gy) + HALF_LENGTH
      x[at] = gx / length
      y[at] = gy / length
    }
  }
  return { width, height, x, y }
}

/**
 * Where the picture's edges run most like the logo's: it need not be as bright there as in its own picture, since only
 * directions are compared (after Hinterstoisser and others, Gradient Response Maps, 2012).
 */
export function matchLogo({ width, height, x, y }: EdgeDirections, logo: LogoPoints): Match {
  const count = logo.x.length
  const offsets = Int32Array.from(logo.x, (column, index) => logo.y[index]! * width + column)
  const few = Math.min(count, FEW)
  let best: Match = { x: 0, y: 0, likeness: -1 }
  for (let top = RIM; top < height - logo.height - RIM; top++) {
    for (let left = RIM; left < width - logo.width - RIM; left++) {
      const origin = top * width + left
      let sum = 0
      // Every so many points first: most places are nothing like it.
      for (let point = 0; point < count; point += count / few) {
        const index = Math.floor(point)
        const at = origin + offsets[index]!
        sum += x[at]! * logo.directionX[index]! + y[at]! * logo.directionY[index]!
      }
      if (sum < few * Math.max(0.15, best.likeness * 0.6)) continue
      sum = 0
      for (let index = 0; index < count; index++) {
        const at = origin + offsets[index]!
        sum += x[at]! * logo.directionX[index]! + y[at]! * logo.directionY[index]!
      }
      if (sum / count > best.likeness) best = { x: left, y: top, likeness: sum / count }
    }
  }
  return best
}

const FEW = 12
const RIM = 2
