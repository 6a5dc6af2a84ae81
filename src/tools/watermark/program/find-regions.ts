import type { Box } from '../fill/motion.ts'
import { findStillOverlays } from '../find/still-overlay.ts'
import type { Region } from '../region.ts'
import type { FindTask, RemoveTask } from '../task.ts'
import type { FfmpegStarter } from './ffmpeg.ts'
import { sampleFilm } from './sample-film.ts'
import type { Teller } from './teller.ts'

/** Wider pictures are looked at smaller first, and then closely where something was found. */
const WIDTH_FOR_ALL = 640
/** Pixels around what is found: an encoder blurs edges. */
const MARGIN = 2

/** Where overlays stay, the clearest first. */
export async function findRegions({ file, film }: FindTask | RemoveTask, { ffmpeg, teller }: { readonly ffmpeg: FfmpegStarter; readonly teller: Teller }): Promise<readonly Region[]> {
  const scale = Math.max(1, film.width / WIDTH_FOR_ALL)
  const [width, height] = [Math.round(film.width / scale), Math.round(film.height / scale)]
  const isLarge = scale > 1
  const all = await sampleFilm(ffmpeg, { file, film, width, height, onPicture: (count, of) => teller.progress('find', (count / of) * (isLarge ? 0.6 : 0.9)) })
  const found = findStillOverlays(all).map(({ box }) => ({
    x: Math.floor(box.x * scale), y: Math.floor(box.y * scale), width: Math.ceil(box.width * scale), height: Math.ceil(box.height * scale),
  }))
  const regions: Region[] = []
  for (const [index, box] of found.entries()) {
    const progress = () => teller.progress('find', 0.6 + (0.4 * index) / found.length)
    regions.push(isLarge ? await lookClosely(box, { file, film, ffmpeg, margin: Math.ceil(8 * scale), progress }) : box)
  }
  return regions
}

interface Look extends Pick<FindTask, 'file' | 'film'> {
  readonly ffmpeg: FfmpegStarter
  readonly margin: number
  readonly progress: () => Promise<void>
}

async function lookClosely(box: Box, { file, film, ffmpeg, margin, progress }: Look): Promise<Box> {
  const part = widened(box, margin, film)
  const near = await sampleFilm(ffmpeg, { file, film, part, width: part.width, height: part.height, onPicture: progress })
  const parts = findStillOverlays(near, { isPart: true }).map(({ box: each }) => ({ ...each, x: each.x + part.x, y: each.y + part.y }))
  return parts.length === 0 ? box : extent(parts)
}

/** With a margin, within the picture. */
export function widened({ x, y, width, height }: Box, margin: number, picture: { readonly width: number; readonly height: number }): Box {
  const [left, top] = [Math.max(0, x - margin), Math.max(0, y - margin)]
  return { x: left, y: top, width: Math.min(picture.width, x + width + margin) - left, height: Math.min(picture.height, y + height + margin) - top }
}

function extent(boxes: readonly Box[]): Box {
  const [left, top] = [Math.min(...boxes.map(({ x }) => x)), Math.min(...boxes.map(({ y }) => y))]
  return { x: left, y: top, width: Math.max(...boxes.map(({ x, width }) => x + width)) - left, height: Math.max(...boxes.map(({ y, height }) => y + height)) - top }
}

/** What is taken away around a region that was found. */
export function withMargin(region: Region, picture: { readonly width: number; readonly height: number }): Region {
  return { ...region, ...widened(region, MARGIN, picture) }
}
