import { FfmpegProgressParser } from '../ffmpeg-progress.ts'
import { inputGuards } from '../input-guards.ts'
import { lengthLimit, mapOf, type ShownPicture } from '../shown-picture.ts'
import { FFMPEG_GLOBALS } from '../sound.ts'
import type { Plan } from '../tool.ts'
import { videoFilters } from './decode-arguments.ts'

export interface GifOptions {
  readonly width: number
  readonly height: number
  readonly framesPerSecond: number
  readonly isStill: boolean
  readonly isPadded: boolean
  readonly expectedFrames: number | null
  readonly outputDirectory: string
  readonly hiddenPaths: ReadonlyMap<string, string>
}

/** What the picture would look like on a screen of that size: a GIF that moves as the source does, over and over. */
export function gifPlan(file: string, picture: ShownPicture, options: GifOptions): Plan {
  const { expectedFrames, isStill, outputDirectory, hiddenPaths } = options
  const name = 'picture.gif'
  const graph = `[${mapOf(picture)}]${[...videoFilters(picture, options), 'split'].join(',')}[a][b];${paletteFilters(options)}`
  const seconds = picture.seconds
  return {
    commands: [{
      program: 'ffmpeg',
      args: [
        ...FFMPEG_GLOBALS, ...inputGuards(), '-i', file, '-an', '-sn', '-dn', '-filter_complex', graph,
        ...(isStill ? ['-frames:v', '1', '-loop', '-1'] : [...lengthLimit(picture), '-loop', '0']),
        '-f', 'gif', `${outputDirectory}/${name}`,
      ],
      ...(seconds !== undefined && { expectedSeconds: seconds }),
      createParser: () => new FfmpegProgressParser({ expectedSeconds: seconds ?? null, expectedFrames, hiddenPaths }),
    }],
    artifacts: [{ file: name, contentType: 'image/gif', media: { isTimed: false } }],
    result: { fps: options.framesPerSecond, width: options.width, height: options.height },
  }
}

/** All frames wait in memory for a palette that they share. */
const MOST_WAITING_BYTES = 192 * 2 ** 20
const BYTES_PER_PIXEL = 4

function paletteFilters({ width, height, expectedFrames }: GifOptions): string {
  const isShared = expectedFrames !== null && expectedFrames * width * height * BYTES_PER_PIXEL <= MOST_WAITING_BYTES
  return isShared
    ? '[a]palettegen=stats_mode=full[p];[b][p]paletteuse=diff_mode=rectangle'
    : '[a]palettegen=stats_mode=single[p];[b][p]paletteuse=new=1'
}
