import { z } from 'zod'
import { HubError } from '../errors.ts'
import { FfmpegProgressParser } from './ffmpeg-progress.ts'
import { ALLOCATION_GUARD, inputGuards } from './input-guards.ts'
import type { Command, FrameFormatName, MediaInfo, MediaStream, Plan, Tool, Workspace } from './tool.ts'

const MOST_PIXELS = 4096 * 4096
const MOST_SIDE = 8192
const side = z.int().min(1).max(MOST_SIDE)

const input = z.strictObject({
  source: z.string().min(1).describe('An http or https URL, upload:ID or job:ID/ARTIFACT'),
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
  plan,
}

async function plan(wanted: VideoFrameInput, workspace: Workspace): Promise<Plan> {
  const file = workspace.inputs[0]!
  const info = await workspace.probe(file)
  const pictures = info.streams.filter(({ kind }) => kind === 'video')
  // A cover may stand in front of the film that it belongs to.
  const picture = pictures.find(({ isAttachedPicture }) => !isAttachedPicture) ?? pictures[0]
  if (picture?.width === undefined || picture.height === undefined) {
    throw new HubError('invalid_input', 'The input has no picture', { hint: 'Send a video; sound alone can be converted with the ffmpeg tool' })
  }
  const seconds = lengthOf(info, picture)
  const size = fitted(wanted, { width: picture.width, height: picture.height })
  const sound = wanted.sound ? info.streams.find(({ kind }) => kind === 'audio') : undefined
  const expectedFrames = seconds === undefined ? null : Math.max(1, Math.round(seconds * wanted.fps))
  const hiddenPaths = new Map([[file, 'input'], [`${workspace.outputDirectory}/`, '']])
  const frames: Command = {
    program: 'ffmpeg',
    args: [...COMMON, ...inputGuards(), '-i', file, ...frameArgs(wanted, { size, picture, seconds })],
    ...(seconds !== undefined && { expectedSeconds: seconds }),
    frames: { format: wanted.format, ...size, framesPerSecond: wanted.fps, expectedFrames },
    createParser: () => new FfmpegProgressParser({ expectedSeconds: seconds ?? null, expectedFrames, hiddenPaths }),
  }
  return { commands: [...(sound ? [soundCommand(file, { sound, seconds, workspace, hiddenPaths })] : []), frames], artifacts: [] }
}

const COMMON = [
  '-hide_banner', '-nostdin', '-y', '-nostats', '-progress', 'pipe:3', '-stats_period', '0.25', '-loglevel', 'level+info', ...ALLOCATION_GUARD,
]

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
  { fps, fit, format, width, height }: VideoFrameInput,
  { size, picture, seconds }: { size: Size; picture: MediaStream; seconds: number | undefined },
): string[] {
  const box = { width: width ?? size.width, height: height ?? size.height }
  const filters = [
    // A cover is one picture that lasts no time: it is shown for as long as its song plays.
    ...(picture.isAttachedPicture ? ['loop=loop=-1:size=1', `setpts=N/(${fps}*TB)`] : []),
    // What is shorter than one frame, as a picture is, would be rounded to none.
    (seconds ?? 0) * fps < 1 ? `fps=${fps}:eof_action=pass` : `fps=${fps}`,
    ...(fit === 'pad'
      ? [`scale=${box.width}:${box.height}:force_original_aspect_ratio=decrease`, `pad=${box.width}:${box.height}:(ow-iw)/2:(oh-ih)/2`]
      : [`scale=${size.width}:${size.height}`]),
    'setsar=1',
  ]
  const cover = seconds === undefined ? ['-frames:v', '1'] : ['-t', String(seconds)]
  const limit = picture.isAttachedPicture ? cover : []
  const encoding = format === 'raw' ? ['-c:v', 'rawvideo', '-pix_fmt', 'rgb24', '-f', 'rawvideo'] : ['-c:v', ...ENCODERS[format].args, '-f', 'image2pipe']
  return ['-map', picture.isAttachedPicture ? '0:v:0' : '0:V:0', '-an', '-sn', '-dn', '-vf', filters.join(','), ...limit, ...encoding, 'pipe:1']
}

const ENCODERS: Record<Exclude<FrameFormatName, 'raw'>, { readonly encoder: string; readonly args: readonly string[] }> = {
  // Half the time of the encoder's defaults, and films are smaller with it.
  png: { encoder: 'png', args: ['png', '-pix_fmt', 'rgb24', '-pred', 'up', '-compression_level', '3'] },
  jpeg: { encoder: 'mjpeg', args: ['mjpeg', '-q:v', '3', '-pix_fmt', 'yuvj420p'] },
  webp: { encoder: 'libwebp', args: ['libwebp', '-pix_fmt', 'yuv420p'] },
}

/** Sound is a small part of the work. */
const SOUND_WEIGHT = 0.05

/** DFPWM1a at 48 kHz, one channel: 6,000 bytes a second, without a header. */
function soundCommand(
  file: string,
  { sound, seconds, workspace, hiddenPaths }: { sound: MediaStream; seconds: number | undefined; workspace: Workspace; hiddenPaths: ReadonlyMap<string, string> },
): Command {
  const isMono = (sound.channels ?? 1) < 2
  const outputs = [
    { name: 'audio.dfpwm', args: ['-ac', '1'] },
    { name: 'audio_left.dfpwm', args: isMono ? ['-ac', '1'] : ['-af', 'pan=mono|c0=c0'] },
    { name: 'audio_right.dfpwm', args: isMono ? ['-ac', '1'] : ['-af', 'pan=mono|c0=c1'] },
  ]
  return {
    program: 'ffmpeg',
    args: [
      ...COMMON, ...inputGuards(), '-i', file,
      ...outputs.flatMap(({ name, args }) => ['-map', '0:a:0', '-vn', ...args, '-ar', '48000', '-c:a', 'dfpwm', '-f', 'dfpwm', `${workspace.outputDirectory}/${name}`]),
    ],
    ...(seconds !== undefined && { expectedSeconds: seconds * SOUND_WEIGHT }),
    artifacts: outputs.map(({ name }) => ({ file: name, contentType: 'application/octet-stream' })),
    createParser: () => new FfmpegProgressParser({ expectedSeconds: seconds ?? null, hiddenPaths }),
  }
}

/** A moving picture's own length where it tells; a cover lasts as long as its song. */
function lengthOf({ durationSeconds }: MediaInfo, picture: MediaStream): number | undefined {
  return picture.isAttachedPicture ? durationSeconds : (picture.durationSeconds ?? durationSeconds)
}
