import { z } from 'zod'
import { HubError } from '../errors.ts'
import { FfmpegProgressParser } from './ffmpeg-progress.ts'
import { inputGuards } from './input-guards.ts'
import { lengthLimit, mapOf, rateFilters, shownPicture, type ShownPicture } from './shown-picture.ts'
import { sourceField } from './source-field.ts'
import { FFMPEG_GLOBALS, soundCommand } from './sound.ts'
import type { Command, FrameFormatName, Plan, Tool, Workspace } from './tool.ts'

const MOST_PIXELS = 4096 * 4096
const MOST_SIDE = 8192
const side = z.int().min(1).max(MOST_SIDE)

const input = z.strictObject({
  source: sourceField,
  width: side.optional().describe('Pixels; the source’s own where missing'),
  height: side.optional().describe('Pixels; the source’s own where missing'),
  fps: z.number().min(0.1).max(120).default(10).describe('Frames per second'),
  fit: z.enum(['pad', 'contain', 'stretch']).default('contain')
    .describe('pad: keeps the aspect and fills up with black; contain: keeps the aspect within the size; stretch: does not keep it'),
  format: z.enum(['png', 'jpeg', 'webp', 'raw']).default('png').describe('raw is RGB, three bytes a pixel, row by row'),
  sound: z.boolean().default(true).describe('Make DFPWM of the sound too: mono, left and right'),
}).refine(({ width = 1, height = 1 }) => width * height <= MOST_PIXELS, { path: ['width'], message: `width × height is at most ${MOST_PIXELS} pixels` })

export type VideoFrameInput = z.infer<typeof input>

/** A video becomes its frames, which can be had while they are made, and before them its sound. */
export const videoFrameTool: Tool<VideoFrameInput> = {
  name: 'video_frame',
  title: 'Take a video apart into frames and sound',
  input,
  sources: ({ source }) => [source],
  requires: ({ format, sound }) => ({
    encoders: [...(format === 'raw' ? ['rawvideo'] : [ENCODERS[format].encoder]), ...(sound ? ['dfpwm'] : [])],
    filters: ['fps', 'scale', 'pad', 'setsar', 'setpts', 'loop'],
    muxers: ['image2pipe', 'rawvideo'],
  }),
  presets: [
    { name: 'monitor-164x81', title: 'For a monitor of ComputerCraft, 164x81', input: { width: 164, height: 81, fps: 20, fit: 'pad', format: 'png' } },
    { name: 'storyboard', title: 'A small picture each second', input: { width: 320, fps: 1, format: 'jpeg', sound: false } },
    { name: 'all-frames', title: 'Large pictures without loss, 25 a second', input: { fps: 25, format: 'png', sound: false } },
    { name: 'raw-rgb', title: 'Raw RGB for programs, 10 a second', input: { width: 320, format: 'raw', sound: false } },
  ],
  plan,
}

async function plan(wanted: VideoFrameInput, workspace: Workspace): Promise<Plan> {
  const file = workspace.inputs[0]!
  const info = await workspace.probe(file)
  const picture = shownPicture(info)
  const { seconds } = picture
  const size = fitted(wanted, picture)
  const sound = wanted.sound ? info.streams.find(({ kind }) => kind === 'audio') : undefined
  const expectedFrames = seconds === undefined ? null : Math.max(1, Math.round(seconds * wanted.fps))
  const hiddenPaths = new Map([[file, 'input'], [`${workspace.outputDirectory}/`, '']])
  const frames: Command = {
    program: 'ffmpeg',
    args: [...FFMPEG_GLOBALS, ...inputGuards(), '-i', file, ...frameArgs(wanted, { size, picture })],
    ...(seconds !== undefined && { expectedSeconds: seconds }),
    frames: { format: wanted.format, ...size, framesPerSecond: wanted.fps, expectedFrames },
    createParser: () => new FfmpegProgressParser({ expectedSeconds: seconds ?? null, expectedFrames, hiddenPaths }),
  }
  const { outputDirectory } = workspace
  return { commands: [...(sound ? [soundCommand(file, { sound, seconds, outputDirectory, hiddenPaths })] : []), frames], artifacts: [] }
}

interface Size {
  readonly width: number
  readonly height: number
}

/** The size of the frames that come out. */
function fitted({ width, height, fit }: VideoFrameInput, source: Size): Size {
  const box = { width: width ?? (height === undefined ? source.width : Math.max(1, Math.round((source.width * height) / source.height))),
    height: height ?? (width === undefined ? source.height : Math.max(1, Math.round((source.height * width) / source.width))) }
  if (box.width > MOST_SIDE || box.height > MOST_SIDE || box.width * box.height > MOST_PIXELS) {
    throw new HubError('invalid_input', `Frames of ${box.width}x${box.height} are more than ${MOST_PIXELS} pixels, or wider or higher than ${MOST_SIDE}`, {
      hint: 'Send width and height', errors: [{ path: 'width', message: 'is missing, and the source is too large' }],
    })
  }
  if (fit !== 'contain') return box
  // Multiplied before it is divided, as the scale filter does: the other way round may be one pixel off.
  return {
    width: Math.max(1, Math.min(box.width, Math.round((box.height * source.width) / source.height))),
    height: Math.max(1, Math.min(box.height, Math.round((box.width * source.height) / source.width))),
  }
}

function frameArgs(
  { fps, fit, format, width, height }: VideoFrameInput, { size, picture }: { size: Size; picture: ShownPicture },
): string[] {
  const box = { width: width ?? size.width, height: height ?? size.height }
  const filters = [
    ...rateFilters(picture, fps),
    ...(fit === 'pad'
      ? [`scale=${box.width}:${box.height}:force_original_aspect_ratio=decrease`, `pad=${box.width}:${box.height}:(ow-iw)/2:(oh-ih)/2`]
      : [`scale=${size.width}:${size.height}`]),
    'setsar=1',
  ]
  const encoding = format === 'raw'
    ? ['-c:v', 'rawvideo', '-pix_fmt', 'rgb24', '-f', 'rawvideo']
    : ['-c:v', ...ENCODERS[format].args, '-f', 'image2pipe']
  return ['-map', mapOf(picture), '-an', '-sn', '-dn', '-vf', filters.join(','), ...lengthLimit(picture), ...encoding, 'pipe:1']
}

const ENCODERS: Record<Exclude<FrameFormatName, 'raw'>, { readonly encoder: string; readonly args: readonly string[] }> = {
  // Half the time of the encoder's defaults, and films are smaller with it.
  png: { encoder: 'png', args: ['png', '-pix_fmt', 'rgb24', '-pred', 'up', '-compression_level', '3'] },
  jpeg: { encoder: 'mjpeg', args: ['mjpeg', '-q:v', '3', '-pix_fmt', 'yuvj420p'] },
  webp: { encoder: 'libwebp', args: ['libwebp', '-pix_fmt', 'yuv420p'] },
}
