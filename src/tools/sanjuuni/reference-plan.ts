import { HubError } from '../../errors.ts'
import { FfmpegProgressParser } from '../ffmpeg-progress.ts'
import { inputGuards } from '../input-guards.ts'
import { lengthLimit, mapOf } from '../shown-picture.ts'
import type { SourceFacts } from '../sanjuuni.ts'
import { FFMPEG_GLOBALS } from '../sound.ts'
import type { ArtifactSpec, Plan, Workspace } from '../tool.ts'
import type { ConverterOptions } from './converter-options.ts'
import { videoFilters } from './decode-arguments.ts'
import { ReferenceProgressParser } from './reference-progress.ts'

export interface ReferenceOptions {
  readonly options: ConverterOptions
  readonly artifact: ArtifactSpec
  readonly workspace: Workspace
  readonly hiddenPaths: ReadonlyMap<string, string>
  readonly result: Readonly<Record<string, unknown>>
}

/**
 * The same by an installed sanjuuni. It reads whatever a file claims to be, and at the file's own rate: so ffmpeg, behind
 * its guards, first makes a file without loss of the size and rate that are wanted, in which every frame stands alone.
 */
export function referencePlan(file: string, source: SourceFacts, asked: ReferenceOptions): Plan {
  const { options, artifact, workspace, hiddenPaths, result } = asked
  const { picture, expectedFrames, isStill } = source
  const { outputDirectory, inputs: [, subtitles] } = workspace
  if (subtitles !== undefined && options.monitors) {
    throw new HubError('invalid_input', 'sanjuuni draws no subtitles on several monitors', { hint: 'Leave engine out' })
  }
  const decoded = `${outputDirectory}/decoded.mkv`
  const filters = videoFilters(picture, { ...options, ...source }).join(',')
  const seconds = picture.seconds
  const expected = { ...(seconds !== undefined && { expectedSeconds: seconds }) }
  return {
    commands: [
      {
        program: 'ffmpeg', ...expected,
        args: [
          ...FFMPEG_GLOBALS, ...inputGuards(), '-i', file,
          '-map', mapOf(picture), ...(options.isMute || isStill ? [] : ['-map', '0:a:0?']), '-sn', '-dn',
          '-vf', filters, ...(isStill ? ['-frames:v', '1'] : lengthLimit(picture)),
          '-c:v', 'ffv1', '-pix_fmt', 'bgr0', '-c:a', 'flac', '-f', 'matroska', decoded,
        ],
        createParser: () => new FfmpegProgressParser({ expectedSeconds: seconds ?? null, expectedFrames, hiddenPaths }),
      },
      {
        program: 'sanjuuni', ...expected,
        args: [
          '-i', decoded, '-o', `${outputDirectory}/${artifact.file}`, '--disable-opencl', ...optionArguments(options),
          ...(subtitles === undefined ? [] : [`--subtitle=${subtitles}`]),
        ],
        createParser: () => new ReferenceProgressParser({ expectedFrames, hiddenPaths }),
      },
    ],
    artifacts: [artifact],
    result: { ...result, width: options.width, height: options.height, total_frames: expectedFrames },
  }
}

/** As its own command line says it. */
function optionArguments(options: ConverterOptions): readonly string[] {
  const { format, picture, width, height, monitors, compression, isBinary, isDfpwm, isMute } = options
  const colors = picture.fixedColors?.map((color) => (color ? Buffer.from(color).toString('hex') : 'X'))
  return [
    FORMAT_FLAGS[format], `--width=${width}`, `--height=${height}`,
    ...PALETTE_FLAGS[picture.palette], ...DITHER_FLAGS[picture.dither],
    ...(colors ? [`--palette=${colors.join(',')}`] : []),
    ...(picture.colorSpace === 'lab' ? ['--lab-color'] : []), ...(picture.isNfpized ? ['--nfpize'] : []),
    ...(format === '32vid' ? [`--compression=${compression}`] : []), ...(isBinary ? ['--binary'] : []),
    ...(isDfpwm ? ['--dfpwm'] : []), ...(isMute ? ['--mute'] : []),
    ...(monitors ? [`--monitor-size=${monitors.blocks.width}x${monitors.blocks.height}@${monitors.textScale}`] : []),
    ...(monitors?.trimsBorders ? ['--trim-borders'] : []),
  ]
}

const FORMAT_FLAGS = { lua: '--lua', nfp: '--nfp', raw: '--raw', bimg: '--blit-image', '32vid': '--32vid' } as const
const PALETTE_FLAGS = { 'median-cut': [], octree: ['--octree'], 'k-means': ['--kmeans'], default: ['--default-palette'] } as const
const DITHER_FLAGS = { diffusion: [], ordered: ['--ordered'], none: ['--threshold'] } as const
