/** A picture of a logo: four bytes a pixel, the last one how much it covers. */
export interface LogoPicture {
  readonly width: number
  readonly height: number
  readonly rgba: Uint8Array
}

/** A logo in one size, by its strongest edges: where they are and which way they run. */
export interface LogoPoints {
  readonly width: number
  readonly height: number
  readonly x: Int16Array
  readonly y: Int16Array
  /** Of length 1 together. */
  readonly directionX: Float32Array
  readonly directionY: Float32Array
}

const POINTS = 64
const FEWEST_POINTS = 16
const LEAST_EDGE = 4
/** What shows through is taken to be so bright. */
const BELOW = 128

/** The part of the picture that covers anything; the whole where it has no transparency. */
export function withoutBorder({ width, height, rgba }: LogoPicture): LogoPicture {
  let [left, top, right, bottom] = [width, height, -1, -1]
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (rgba[(y * width + x) * 4 + 3]! < 24) continue
      left = Math.min(left, x)
      right = Math.max(right, x)
      top = Math.min(top, y)
      bottom = Math.max(bottom, y)
    }
  }
  if (right < 0) return { width, height, rgba }
  const [wide, high] = [right - left + 1, bottom - top + 1]
  const part = new Uint8Array(wide * high * 4)
  for (let y = 0; y < high; y++) part.set(rgba.subarray(((top + y) * width + left) * 4, ((top + y) * width + left + wide) * 4), y * wide * 4)
  return { width: wide, height: high, rgba: part }
}

/** The logo's edges where it is `width` pixels wide. Undefined where it has too few to be told from others. */
export function logoPoints(logo: LogoPicture, width: number): LogoPoints | undefined {
  const height = Math.max(1, Math.round((logo.height * width) / logo.width))
  const grey = shrunken(logo, width + 2 * RIM, height + 2 * RIM)
  const stride = width + 2 * RIM
  const edges: Edge[] = []
  for (let y = 1; y < height + 2 * RIM - 1; y++) {
    for (let at = y * stride + 1; at < y * stride + stride - 1; at++) {
      edges.push({ x: (at % stride) - RIM, y: y - RIM, across: (grey[at + 1]! - grey[at - 1]!) / 2, down: (grey[at + stride]! - grey[at - stride]!) / 2 })
    }
  }
  return choose(edges, { width, height })
}

interface Edge {
  readonly x: number
  readonly y: number
  readonly across: number
  readonly down: number
}

/** Some of the stronger half, in the order of their places: spread over the logo. */
function choose(all: readonly Edge[], size: { readonly width: number; readonly height: number }): LogoPoints | undefined {
  const edges = all.map((edge) => ({ ...edge, strength: Math.hypot(edge.across, edge.down) })).filter(({ strength }) => strength >= LEAST_EDGE)
  if (edges.length < FEWEST_POINTS) return undefined
  const inOrder = (one: Edge, other: Edge) => one.y - other.y || one.x - other.x
  edges.sort((one, other) => other.strength - one.strength || inOrder(one, other))
  const strong = edges.slice(0, Math.max(POINTS, edges.length >> 1)).sort(inOrder)
  const step = Math.max(1, strong.length / POINTS)
  const chosen = Array.from({ length: Math.min(POINTS, strong.length) }, (_, index) => strong[Math.floor(index * step)]!)
  return {
    ...size, x: Int16Array.from(chosen, ({ x }) => x), y: Int16Array.from(chosen, ({ y }) => y),
    directionX: Float32Array.from(chosen, ({ across, strength }) => across / strength), directionY: Float32Array.from(chosen, ({ down, strength }) => down / strength),
  }
}

/** Pixels around the logo in which its outer edge still shows. */
const RIM = 2

/** In grey, on what shows through, with a rim around: the mean of what each pixel covers. */
function shrunken({ width, height, rgba }: LogoPicture, toWidth: number, toHeight: number): Float32Array {
  const grey = new Float32Array(toWidth * toHeight).fill(BELOW)
  const [stepX, stepY] = [width / (toWidth - 2 * RIM), height / (toHeight - 2 * RIM)]
  for (let y = RIM; y < toHeight - RIM; y++) {
    const [top, bottom] = [Math.floor((y - RIM) * stepY), Math.min(height, Math.max(Math.floor((y - RIM) * stepY) + 1, Math.round((y - RIM + 1) * stepY)))]
    for (let x = RIM; x < toWidth - RIM; x++) {
      const [left, right] = [Math.floor((x - RIM) * stepX), Math.min(width, Math.max(Math.floor((x - RIM) * stepX) + 1, Math.round((x - RIM + 1) * stepX)))]
      let sum = 0
      for (let row = top; row < bottom; row++) {
        for (let column = left; column < right; column++) {
          const at = (row * width + column) * 4
          const luma = 0.299 * rgba[at]! + 0.587 * rgba[at + 1]! + 0.114 * rgba[at + 2]!
          sum += BELOW + ((luma - BELOW) * rgba[at + 3]!) / 255
        }
      }
      grey[y * toWidth + x] = sum / ((bottom - top) * (right - left))
    }
  }
  return grey
}
