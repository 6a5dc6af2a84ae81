import type { ColorBins } from './color-bins.ts'
import { COLOR_WORDS } from './measured-colors.ts'

const DEPTH = 14

/** Bins whose colours agree in the first bits of each word. */
interface Node {
  readonly level: number
  readonly bins: readonly number[]
  readonly weight: number
  readonly mean: readonly [number, number, number]
  /** The sum of the pixels' squared distances to the mean. */
  readonly error: number
}

interface Extent {
  readonly lowest: readonly number[]
  /** Of the axis that has most. */
  readonly span: number
}

/**
 * At most `count` measured colours: the means of an octree's leaves. The leaf that serves its pixels worst is opened first;
 * where not all of its children find room, the lightest ones stay together.
 */
export function octree(bins: ColorBins, count: number): number[] {
  const extent = extentOf(bins)
  let leaves: Node[] = [nodeOf(bins, Array.from({ length: bins.length }, (_, bin) => bin), 0)]
  while (leaves.length < count) {
    const worst = leaves.reduce((most, leaf) => (leaf.level < DEPTH && leaf.error > most.error ? leaf : most), { error: 0 } as Node)
    if (worst.error === 0) break
    const others = leaves.filter((leaf) => leaf !== worst)
    leaves = [...others, ...together(bins, childrenOf(bins, worst, extent), count - others.length)]
  }
  return leaves.flatMap(({ mean }) => [...mean.map(Math.round), 0])
}

function extentOf({ length, colors }: ColorBins): Extent {
  const lowest = [Infinity, Infinity, Infinity]
  const highest = [-Infinity, -Infinity, -Infinity]
  for (let at = 0; at < length * COLOR_WORDS; at += COLOR_WORDS) {
    for (let axis = 0; axis < 3; axis++) {
      lowest[axis] = Math.min(lowest[axis]!, colors[at + axis]!)
      highest[axis] = Math.max(highest[axis]!, colors[at + axis]!)
    }
  }
  return { lowest, span: Math.max(...highest.map((value, axis) => value - lowest[axis]!)) + 1 }
}

function nodeOf({ colors, weights }: ColorBins, bins: readonly number[], level: number): Node {
  let weight = 0
  let x = 0
  let y = 0
  let z = 0
  let squares = 0
  for (const bin of bins) {
    const at = bin * COLOR_WORDS
    const share = weights[bin]!
    weight += share
    x += share * colors[at]!
    y += share * colors[at + 1]!
    z += share * colors[at + 2]!
    squares += share * (colors[at]! ** 2 + colors[at + 1]! ** 2 + colors[at + 2]! ** 2)
  }
  const error = bins.length > 1 ? squares - (x * x + y * y + z * z) / weight : 0
  return { level, bins, weight, mean: [x / weight, y / weight, z / weight], error }
}

function childrenOf(all: ColorBins, { bins, level }: Node, { lowest, span }: Extent): Node[] {
  const octants: number[][] = Array.from({ length: 8 }, () => [])
  const scale = 2 ** (level + 1) / span
  for (const bin of bins) {
    const at = bin * COLOR_WORDS
    const x = Math.trunc((all.colors[at]! - lowest[0]!) * scale) & 1
    const y = Math.trunc((all.colors[at + 1]! - lowest[1]!) * scale) & 1
    const z = Math.trunc((all.colors[at + 2]! - lowest[2]!) * scale) & 1
    octants[x << 2 | y << 1 | z]!.push(bin)
  }
  return octants.filter((octant) => octant.length > 0).map((octant) => nodeOf(all, octant, level + 1))
}

/** At most `count` leaves, the lightest ones as one that is not opened again. */
function together(all: ColorBins, children: readonly Node[], count: number): readonly Node[] {
  if (children.length <= count) return children
  const byWeight = children.toSorted((one, other) => other.weight - one.weight)
  return [...byWeight.slice(0, count - 1), nodeOf(all, byWeight.slice(count - 1).flatMap(({ bins }) => bins), DEPTH)]
}
