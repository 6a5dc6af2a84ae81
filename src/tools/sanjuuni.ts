import { isStill } from './expected-length.ts'
import { FfmpegProgressParser } from './ffmpeg-progress.ts'
import type { Conversion } from './sanjuuni/conversion.ts'
import { decodeArguments } from './sanjuuni/decode-arguments.ts'
import type { ConverterOptions, VideoFormat } from './sanjuuni/converter-options.ts'
import { containedSize, fitFrameRate, fitSize } from './sanjuuni/fit-size.ts'
import { gifPlan } from './sanjuuni/gif-plan.ts'
import { converterOptions, type RequestedOptions } from './sanjuuni/options.ts'
import { referencePlan } from './sanjuuni/reference-plan.ts'
import { requestedOptions } from './sanjuuni/requested-options.ts'
import { sanjuuniInput, type SanjuuniInput } from './sanjuuni/sanjuuni-input.ts'
import { screensOf } from './sanjuuni/screens.ts'
import { shownPicture, type ShownPicture } from './shown-picture.ts'
import { monoSound, soundCommand } from './sound.ts'
import type { ArtifactSpec, Command, MediaInfo, Plan, Requirements, Tool, Workspace } from './tool.ts'

/** Videos and pictures for ComputerCraft's screens, which can be had frame by frame while they are made. */
export const sanjuuniTool: Tool<SanjuuniInput> = {
  name: 'sanjuuni',
  title: 'Convert videos and pictures for ComputerCraft',
  input: sanjuuniInput,
  check: (input) => void requestedOptions(input),
  sources: ({ source, subtitles }) => [source, ...(subtitles === undefined ? [] : [subtitles])],
  requires,
  presets: [
    { name: 'monitor', title: 'For a monitor of 8x6 blocks (32vid)', input: { output_format: '32vid', monitors: '8x6@0.5', fit: 'pad', dfpwm: true } },
    { name: 'computer', title: 'For a computer’s own screen (32vid)', input: { output_format: '32vid', width: 102, height: 57, fit: 'pad', dfpwm: true } },
    { name: 'bimg', title: 'A picture or clip for computers (BIMG)', input: { output_format: 'bimg', width: 102, height: 57, fit: 'contain' } },
    { name: 'pocket', title: 'For a pocket computer, without sound', input: { output_format: '32vid', width: 52, height: 60, fit: 'pad', mute: true } },
    { name: 'gif', title: 'To look at: a GIF of what the screen will show', input: { output_format: 'gif', width: 204, height: 114, fit: 'contain' } },
  ],
  plan,
}

function requires(input: SanjuuniInput): Requirements {
  if (requestedOptions(input).format === 'gif') {
    return { encoders: ['gif'], filters: ['fps', 'scale', 'setsar', 'split', 'palettegen', 'paletteuse'], muxers: ['gif'] }
  }
  return {
    encoders: ['rawvideo', 'dfpwm', 'pcm_u8'], filters: ['fps', 'scale', 'setsar', 'setpts', 'loop'], muxers: ['rawvideo'],
    ...(input.engine === 'sanjuuni' && { programs: ['sanjuuni'] as const }),
  }
}

async function plan(input: SanjuuniInput, workspace: Workspace): Promise<Plan> {
  const file = workspace.inputs[0]!
  const info = await workspace.probe(file)
  const asked = requestedOptions(input)
  const source = sourceOf(info, asked, input.fit)
  const requested = input.fit === 'contain' ? contained(asked, source.picture) : asked
  const { picture, framesPerSecond } = source
  const { outputDirectory } = workspace
  const hiddenPaths = shownPaths(workspace)
  if (requested.format === 'gif') {
    return gifPlan(file, picture, { ...fitSize(requested, picture), ...source, outputDirectory, hiddenPaths })
  }
  const options = converterOptions(requested, picture)
  const artifact = ARTIFACTS[options.format]
  const result = { fps: framesPerSecond, ...(requested.notes.length > 0 && { notes: requested.notes }) }
  if (input.engine === 'sanjuuni') return referencePlan(file, source, { options, artifact, workspace, hiddenPaths, result })
  const sound = options.isMute || source.isStill ? undefined : info.streams.find(({ kind }) => kind === 'audio')
  return {
    commands: [
      ...(sound ? [soundCommand(file, {
        sound, seconds: picture.seconds, outputDirectory, hiddenPaths, published: [monoSound('audio.pcm', 'pcm')],
        kept: options.format === '32vid' ? [monoSound(TRACK, 'pcm')] : [],
      })] : []),
      converterCommand(file, source, {
        options, artifact, workspace, hiddenPaths, title: titleOf(input), hasTrack: sound !== undefined && options.format === '32vid',
      }),
    ],
    artifacts: [artifact],
    result,
  }
}

/** What stands in the log for the paths of this machine. */
function shownPaths({ inputs, outputDirectory }: Workspace): ReadonlyMap<string, string> {
  return new Map([
    ...inputs.map((file, index): [string, string] => [file, index === 0 ? 'input' : 'subtitles']),
    [`${outputDirectory}/`, ''],
  ])
}

function contained({ width, height, ...asked }: RequestedOptions, picture: ShownPicture): RequestedOptions {
  return { ...asked, ...containedSize({ ...(width !== undefined && { width }), ...(height !== undefined && { height }) }, picture) }
}

/** A link's last part: its query may hold a secret. */
function titleOf({ source }: SanjuuniInput): string {
  const path = URL.canParse(source) ? new URL(source).pathname : source
  return path.slice(path.lastIndexOf('/') + 1)
}

/** The sound that goes into the video. */
const TRACK = 'track'

/** The source, and how much will be made of it. */
export interface SourceFacts {
  readonly picture: ShownPicture
  readonly framesPerSecond: number
  /** One picture, even if it lasts. */
  readonly isStill: boolean
  /** Keeps its aspect, and is filled up with black. */
  readonly isPadded: boolean
  readonly expectedFrames: number | null
}

function sourceOf(info: MediaInfo, { framesPerSecond: asked, format, width, height }: RequestedOptions, fit: SanjuuniInput['fit']): SourceFacts {
  const picture = shownPicture(info)
  const isPadded = fit === 'pad' && width !== undefined && height !== undefined
  const isCover = picture.stream.isAttachedPicture === true
  const framesPerSecond = fitFrameRate(asked, isCover ? undefined : picture.stream.framesPerSecond)
  // The cover of a song is a film of its own only where there is room for the song.
  if (isStill(info) || (isCover && format !== '32vid')) return { picture, framesPerSecond, isPadded, isStill: true, expectedFrames: 1 }
  const expectedFrames = picture.seconds === undefined ? null : Math.max(1, Math.round(picture.seconds * framesPerSecond))
  return { picture, framesPerSecond, isPadded, isStill: false, expectedFrames }
}

interface CommandOptions {
  readonly options: ConverterOptions
  readonly artifact: ArtifactSpec
  readonly workspace: Workspace
  readonly hiddenPaths: ReadonlyMap<string, string>
  readonly hasTrack: boolean
  readonly title: string
}

function converterCommand(
  file: string,
  { picture, framesPerSecond, isStill, isPadded, expectedFrames }: SourceFacts,
  { options, artifact, workspace: { inputs, outputDirectory }, hiddenPaths, hasTrack, title }: CommandOptions,
): Command {
  const [, subtitles] = inputs
  const conversion: Conversion = {
    options, framesPerSecond, expectedFrames, title, output: `${outputDirectory}/${artifact.file}`, progressDescriptor: 3,
    decode: decodeArguments(file, picture, { ...options, framesPerSecond, isStill, isPadded }),
    ...(hasTrack && { sound: `${outputDirectory}/${TRACK}` }),
    ...(subtitles !== undefined && { subtitles }),
  }
  const { seconds } = picture
  const { columns, rows } = gridOf(options)
  return {
    program: 'converter',
    args: [JSON.stringify(conversion)],
    ...(seconds !== undefined && { expectedSeconds: seconds }),
    frames: {
      format: 'cells', width: options.width, height: options.height, framesPerSecond, expectedFrames,
      facts: { columns, rows, ...(options.monitors && { monitors: options.monitors }) },
    },
    createParser: () => new FfmpegProgressParser({ expectedSeconds: seconds ?? null, expectedFrames, hiddenPaths }),
  }
}

/** Characters of all monitors together. */
function gridOf(options: ConverterOptions): { readonly columns: number; readonly rows: number } {
  const { parts } = screensOf(options)
  const across = parts.filter(({ row }) => row === 0).reduce((sum, { width }) => sum + width, 0)
  const down = parts.filter(({ column }) => column === 0).reduce((sum, { height }) => sum + height, 0)
  return { columns: across / 2, rows: down / 3 }
}

const ARTIFACTS: Record<VideoFormat, ArtifactSpec> = {
  lua: { file: 'picture.lua', contentType: 'text/x-lua' },
  nfp: { file: 'picture.nfp', contentType: 'text/plain' },
  raw: { file: 'video.raw', contentType: 'application/octet-stream' },
  bimg: { file: 'picture.bimg', contentType: 'application/octet-stream' },
  '32vid': { file: 'video.32vid', contentType: 'application/octet-stream' },
}
