import type { Box } from '../fill/motion.ts'
import type { SomePictures } from '../find/still-overlay.ts'
import type { FilmFacts } from '../task.ts'
import type { FfmpegStarter } from './ffmpeg.ts'
import { beginning, cropTo, filmInput, RAW } from './film-arguments.ts'
import { readFrames } from './read-frames.ts'

const PICTURES = 72
/** Of longer films only the key frames are decoded. */
const LONG_SECONDS = 900
const RATE_WHERE_LENGTH_IS_UNKNOWN = 2

export interface SampleOptions {
  readonly file: string
  readonly film: FilmFacts
  readonly part?: Box
  readonly width: number
  readonly height: number
  readonly onPicture: (count: number, of: number) => Promise<void>
}

/** Pictures from all over the film, or of a part of its picture, in one size: luma and chroma of every pixel. */
export async function sampleFilm(ffmpeg: FfmpegStarter, { file, film, part, width, height, onPicture }: SampleOptions): Promise<SomePictures> {
  const { seconds, framesPerSecond } = film
  const rate = Math.min(framesPerSecond, seconds === null ? RATE_WHERE_LENGTH_IS_UNKNOWN : PICTURES / seconds)
  const filters = [
    `fps=fps=${rate}:round=near`, ...(part ? [cropTo(part)] : []), `scale=${width}:${height}:flags=area`, 'format=yuv444p',
  ]
  const args = [
    ...beginning('error'), ...filmInput(file, ...(seconds !== null && seconds > LONG_SECONDS ? ['-skip_frame', 'nokey'] : [])),
    '-map', '0:V:0', '-vf', filters.join(','), '-frames:v', String(PICTURES), ...RAW,
  ]
  const pictures: Uint8Array[] = []
  for await (const picture of readFrames(ffmpeg, args, 3 * width * height)) {
    pictures.push(picture)
    await onPicture(pictures.length, PICTURES)
  }
  return { width, height, pictures }
}
