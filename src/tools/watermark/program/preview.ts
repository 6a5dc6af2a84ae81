import { extentOf, regionAt, type Region } from '../region.ts'
import type { FilmFacts, WatermarkTask } from '../task.ts'
import type { FfmpegStarter } from './ffmpeg.ts'
import { beginning, filmInput } from './film-arguments.ts'

/** A frame of the film in which the regions are drawn that are there then. */
export async function makePreview({ file, film, preview }: Pick<WatermarkTask, 'file' | 'film' | 'preview'>, regions: readonly Region[], ffmpeg: FfmpegStarter): Promise<void> {
  const seconds = momentOf(regions, film)
  const line = Math.max(2, Math.round(film.height / 240))
  const boxes = regions.flatMap((region) => {
    const box = regionAt(region, seconds)
    return box ? [outline(box, line), ...(region.keyframes ? [outline(extentOf(region), 1)] : [])] : []
  })
  const filters = [...boxes, 'scale=out_range=pc', 'format=yuvj420p']
  await ffmpeg.run([
    ...beginning('error'), ...filmInput(file, '-ss', String(seconds)), '-map', '0:V:0', '-an', '-sn', '-dn', '-vf', filters.join(','), '-frames:v', '1',
    '-c:v', 'mjpeg', '-q:v', '3', '-f', 'image2', '-update', '1', preview,
  ])
}

/** In the middle of the first region's time. */
function momentOf([first]: readonly Region[], { seconds, framesPerSecond }: FilmFacts): number {
  const end = seconds ?? 0
  const [from, to] = [Math.min(first?.fromSeconds ?? 0, end), Math.min(first?.toSeconds ?? end, end)]
  // Behind the last frame there is none.
  return Math.max(0, Math.min((from + to) / 2, end - 2 / framesPerSecond))
}

function outline({ x, y, width, height }: { readonly x: number; readonly y: number; readonly width: number; readonly height: number }, line: number): string {
  return `drawbox=x=${x - line}:y=${y - line}:w=${width + 2 * line}:h=${height + 2 * line}:color=red:t=${line}`
}
