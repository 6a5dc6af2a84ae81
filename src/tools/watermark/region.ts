import type { Box } from './fill/motion.ts'

/** A place in the picture, in pixels, and when something is there. */
export interface Region extends Box {
  readonly fromSeconds?: number
  readonly toSeconds?: number
  /** In order of their times; the box then has the place of the first. */
  readonly keyframes?: readonly Keyframe[]
}

export interface Keyframe {
  readonly atSeconds: number
  readonly x: number
  readonly y: number
}

/** Where the region is at that time, in whole pixels; undefined while it is not there. */
export function regionAt(region: Region, seconds: number): Box | undefined {
  const { width, height, fromSeconds = 0, toSeconds = Infinity } = region
  if (seconds < fromSeconds || seconds > toSeconds) return undefined
  const { x, y } = placeAt(region, seconds)
  return { x: Math.round(x), y: Math.round(y), width, height }
}

function placeAt({ x, y, keyframes = [] }: Region, seconds: number): { readonly x: number; readonly y: number } {
  const next = keyframes.findIndex(({ atSeconds }) => atSeconds > seconds)
  const [before, behind] = [keyframes[next - 1], keyframes[next]]
  if (keyframes.length === 0) return { x, y }
  if (next < 0) return keyframes.at(-1)!
  if (!before || !behind) return keyframes[0]!
  const share = (seconds - before.atSeconds) / (behind.atSeconds - before.atSeconds)
  return { x: before.x + share * (behind.x - before.x), y: before.y + share * (behind.y - before.y) }
}

/** All of the picture that the region ever takes. */
export function extentOf({ x, y, width, height, keyframes = [] }: Region): Box {
  const [xs, ys] = [keyframes.length > 0 ? keyframes.map((at) => at.x) : [x], keyframes.length > 0 ? keyframes.map((at) => at.y) : [y]]
  const [left, top] = [Math.floor(Math.min(...xs)), Math.floor(Math.min(...ys))]
  return { x: left, y: top, width: Math.ceil(Math.max(...xs)) + width - left, height: Math.ceil(Math.max(...ys)) + height - top }
}

/** For ffmpeg's filters: the coordinate as an expression of `t`. Made of numbers alone. */
export function expressionOf({ keyframes = [], ...box }: Region, axis: 'x' | 'y'): string {
  if (keyframes.length === 0) return String(Math.round(box[axis]))
  const last = keyframes.at(-1)!
  return keyframes.slice(0, -1).reduceRight((rest, { atSeconds, ...from }, index) => {
    const to = keyframes[index + 1]!
    const step = (to[axis] - from[axis]) / (to.atSeconds - atSeconds)
    const line = `${number(from[axis])}+(${number(step)})*(t-${number(atSeconds)})`
    return `if(lt(t,${number(to.atSeconds)}),${index === 0 ? `if(lt(t,${number(atSeconds)}),${number(from[axis])},${line})` : line},${rest})`
  }, number(last[axis]))
}

/** For ffmpeg's filters: when the region is there; undefined where it always is. */
export function enableOf({ fromSeconds, toSeconds }: Region): string | undefined {
  if (fromSeconds === undefined && toSeconds === undefined) return undefined
  return `between(t,${number(fromSeconds ?? 0)},${number(toSeconds ?? 1e6)})`
}

function number(value: number): string {
  return String(Number(value.toFixed(4)))
}
