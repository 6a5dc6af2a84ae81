import type { FoundOverlay, SomePictures, StayingEdges } from './still-overlay.ts'

/** Of the picture's height: edges so near to each other are of one overlay, as letters of a word are. */
const GAP = 0.035
const FEWEST_EDGES = 24
const FEWEST_SURE = 12
/** Pixels of its longer side: what is smaller has no letter in it that could be read, and is a thing of the film's own. */
const LEAST_SIDE = 12
/** What takes more of the picture is no overlay, but a frame or bars. */
const LARGEST_SHARE = 0.35
const LONGEST_SHARE = 0.9
/** Of the strongest one's. */
const LEAST_STRENGTH = 0.25
const MOST_OVERLAYS = 4

/** Puts edges together to overlays, the strongest first. */
export function groupEdges({ strength, isSure }: StayingEdges, { width, height, isPart }: Pick<SomePictures, 'width' | 'height'> & { readonly isPart: boolean }): readonly FoundOverlay[] {
  const cleaned = withoutLoners(strength, width, height)
  const gap = isPart ? Math.round(height / 4) : Math.max(3, Math.round(GAP * height))
  const group = labels(widened(cleaned, { width, height, gap }), width, height)
  const found = new Map<number, number[]>()
  for (let at = 0; at < cleaned.length; at++) {
    if (cleaned[at]! === 0) continue
    const places = found.get(group[at]!)
    if (places) places.push(at)
    else found.set(group[at]!, [at])
  }
  const overlays = [...found.values()].filter((places) => places.length >= FEWEST_EDGES && places.filter((at) => isSure[at]).length >= FEWEST_SURE).map((places) => ({
    box: extent(places, width),
    strength: places.reduce((sum, at) => sum + cleaned[at]!, 0),
  })).filter(({ box }) => isPart || (Math.max(box.width, box.height) >= LEAST_SIDE && isSmallEnough(box, width, height)))
  const strongest = Math.max(0, ...overlays.map(({ strength }) => strength))
  return overlays.filter(({ strength }) => strength >= LEAST_STRENGTH * strongest).sort((a, b) => b.strength - a.strength).slice(0, MOST_OVERLAYS)
}

function isSmallEnough(box: FoundOverlay['box'], width: number, height: number): boolean {
  return box.width < LONGEST_SHARE * width && box.height < LONGEST_SHARE * height && box.width * box.height < LARGEST_SHARE * width * height
}

/** An edge has others beside it. */
function withoutLoners(edges: Float32Array, width: number, height: number): Float32Array {
  const kept = new Float32Array(edges.length)
  for (let y = 1; y < height - 1; y++) {
    for (let at = y * width + 1; at < y * width + width - 1; at++) {
      if (edges[at] === 0) continue
      let beside = 0
      for (const row of [-width, 0, width]) for (const column of [-1, 0, 1]) if (edges[at + row + column]! > 0) beside++
      if (beside >= 3) kept[at] = edges[at]!
    }
  }
  return kept
}

/** Each place within half the gap of one that has an edge. */
function widened(edges: Float32Array, { width, height, gap }: { readonly width: number; readonly height: number; readonly gap: number }): Uint8Array {
  const half = Math.ceil(gap / 2)
  const rows = new Uint8Array(edges.length)
  for (let y = 0; y < height; y++) {
    for (let x = 0, last = -Infinity, next = -1; x < width; x++) {
      if (next < x) {
        next = x
        while (next < width && edges[y * width + next] === 0) next++
      }
      if (edges[y * width + x]! > 0) last = x
      if (x - last <= half || (next < width && next - x <= half)) rows[y * width + x] = 1
    }
  }
  const wide = new Uint8Array(edges.length)
  for (let x = 0; x < width; x++) {
    for (let y = 0, last = -Infinity, next = -1; y < height; y++) {
      if (next < y) {
        next = y
        while (next < height && rows[next * width + x] === 0) next++
      }
      if (rows[y * width + x]) last = y
      if (y - last <= half || (next < height && next - y <= half)) wide[y * width + x] = 1
    }
  }
  return wide
}

/** A number for each piece that hangs together, from 1; 0 for what is in none. */
function labels(mask: Uint8Array, width: number, height: number): Uint32Array {
  const label = new Uint32Array(mask.length)
  const waiting: number[] = []
  let last = 0
  for (let start = 0; start < mask.length; start++) {
    if (!mask[start] || label[start]) continue
    label[start] = ++last
    waiting.push(start)
    while (waiting.length > 0) {
      const at = waiting.pop()!
      const x = at % width
      const beside = [x > 0 ? at - 1 : at, x < width - 1 ? at + 1 : at, at >= width ? at - width : at, at < width * (height - 1) ? at + width : at]
      for (const other of beside) {
        if (!mask[other] || label[other]) continue
        label[other] = last
        waiting.push(other)
      }
    }
  }
  return label
}

function extent(places: readonly number[], width: number): { x: number; y: number; width: number; height: number } {
  let [left, top, right, bottom] = [Infinity, Infinity, -1, -1]
  for (const at of places) {
    const [x, y] = [at % width, Math.floor(at / width)]
    left = Math.min(left, x)
    right = Math.max(right, x)
    top = Math.min(top, y)
    bottom = Math.max(bottom, y)
  }
  return { x: left, y: top, width: right - left + 1, height: bottom - top + 1 }
}
