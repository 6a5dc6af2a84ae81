import type { AvcLevel, Rendition } from './hls-playlists.ts'
import type { Quality } from './media-encoders.ts'
import { evenSize } from './transcode.ts'

interface Wanted {
  readonly heights: readonly number[]
  readonly quality: Quality
  readonly framesPerSecond: number
  readonly hasSound: boolean
}

/** The smallest one first, with which a player begins. Never larger than the source. */
export function renditionsOf(source: { readonly width: number; readonly height: number }, { heights, quality, framesPerSecond, hasSound }: Wanted): readonly Rendition[] {
  const reached = heights.filter((height) => height <= source.height).sort((a, b) => a - b)
  const sizes = (reached.length > 0 ? reached : [source.height]).map((height) => evenSize(source, { height }))
  // Two odd heights may be one even one.
  const different = sizes.filter(({ height }, index) => sizes.findIndex((other) => other.height === height) === index)
  return different.map(({ width, height }) => ({
    name: `${height}p`, width, height, kbps: mostKbps({ width, height, framesPerSecond }, quality),
    ...(hasSound && { soundKbps: height > 360 ? 128 : 96 }), level: levelFor({ width, height, framesPerSecond }),
  }))
}

interface Motion {
  readonly width: number
  readonly height: number
  readonly framesPerSecond: number
}

const BITS_PER_PIXEL: Readonly<Record<Quality, number>> = { low: 0.06, medium: 0.1, high: 0.16 }

/** What the picture may take of the line at most. */
function mostKbps({ width, height, framesPerSecond }: Motion, quality: Quality): number {
  // Frames that follow each other faster differ less.
  const counted = Math.min(30, framesPerSecond) + Math.max(0, framesPerSecond - 30) / 2
  return Math.max(80, Math.round((width * height * Math.max(10, counted) * BITS_PER_PIXEL[quality]) / 1000))
}

/** ITU-T H.264, table A-1: what a decoder of that level takes, in macroblocks of 16x16 pixels. */
const LEVELS: readonly (AvcLevel & { readonly perFrame: number; readonly perSecond: number })[] = [
  { name: '3.0', idc: 30, perFrame: 1620, perSecond: 40_500 },
  { name: '3.1', idc: 31, perFrame: 3600, perSecond: 108_000 },
  { name: '4.0', idc: 40, perFrame: 8192, perSecond: 245_760 },
  { name: '4.2', idc: 42, perFrame: 8704, perSecond: 522_240 },
  { name: '5.1', idc: 51, perFrame: 36_864, perSecond: 983_040 },
  { name: '5.2', idc: 52, perFrame: 36_864, perSecond: 2_073_600 },
  { name: '6.2', idc: 62, perFrame: 139_264, perSecond: 16_711_680 },
]

function levelFor({ width, height, framesPerSecond }: Motion): AvcLevel {
  const blocks = Math.ceil(width / 16) * Math.ceil(height / 16)
  const { name, idc } = LEVELS.find(({ perFrame, perSecond }) => blocks <= perFrame && blocks * framesPerSecond <= perSecond) ?? LEVELS.at(-1)!
  return { name, idc }
}
